/** Splits plain text into plain and link parts. Only http and https become links; the rest stays text. */
export type Part = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"'`{}|\\^]+/gi;
const TRAILING = /[.,;:!?…'"»”)\]]+$/;

/** Punctuation after a link belongs to the sentence, except a bracket that the link itself opened. */
function trimLink(raw: string): string {
  let link = raw;
  for (;;) {
    const match = TRAILING.exec(link);
    if (!match) return link;
    const last = link.slice(-1);
    const opener = last === ")" ? "(" : last === "]" ? "[" : "";
    if (opener && link.split(opener).length >= link.split(last).length) return link;
    link = link.slice(0, -1);
  }
}

export function linkify(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const link = trimLink(match[0]);
    let url: URL;
    try {
      url = new URL(link);
    } catch {
      continue;
    }
    // A name and password before the host makes a link look like another one.
    if (url.username || url.password) continue;
    if (match.index > from) parts.push({ kind: "text", text: text.slice(from, match.index) });
    parts.push({ kind: "link", text: link, href: url.href });
    from = match.index + link.length;
  }
  if (from < text.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}
