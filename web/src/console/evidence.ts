/** What a handoff rests on, in a form that can be drawn. Written by the policy engine; unknown parts are left out. */
import type { Json } from "../protocol";
import { isObject, number, text } from "../wire";

export interface Measure {
  name: string;
  value: number;
  threshold: number | null;
}

export interface Words {
  messageId: string;
  /** In code points, end excluded. */
  start: number;
  end: number;
  text: string;
}

export interface Evidence {
  signals: Measure[];
  intent: { name: string; confidence: number | null } | null;
  words: Words[];
  facts: string[];
  messageIds: string[];
}

function items(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function fact(match: Json): string | null {
  const value = match["value"];
  const threshold = number(match["threshold"]);
  switch (match["kind"]) {
    case "count":
      return `${String(match["count"]).replaceAll("_", " ")}: ${String(value)} in a row`;
    case "entity": {
      const currency = text(match["currency"]) ?? "";
      const above = threshold === undefined ? "" : ` (more than ${threshold})`;
      return `${String(match["entity"])}: ${String(value)} ${currency}${above}`.trim();
    }
    case "customer":
      return `Customer: ${String(match["attribute"]).replaceAll("_", " ")} is ${String(value)}`;
    case "seconds_in_ai":
      return `With the AI for ${Math.round((number(value) ?? 0) / 60)} min`;
    case "locale":
    case "region":
    case "channel":
      return `${String(match["kind"])}: ${String(value)}`;
    default:
      return null;
  }
}

/** One measure a signal: several conditions may have looked at it, over one message or over several. */
function strongest(measures: Measure[]): Measure[] {
  const byName = new Map<string, Measure>();
  for (const measure of measures) {
    const known = byName.get(measure.name);
    if (known === undefined || measure.value > known.value) byName.set(measure.name, measure);
  }
  return [...byName.values()];
}

export function readEvidence(evidence: Json | null): Evidence {
  const matched = items(evidence?.["matched"]);
  const intent = isObject(evidence?.["intent"]) ? evidence["intent"] : null;
  const intentName = text(intent?.["name"]);
  return {
    signals: strongest(
      matched
        .filter((match) => match["kind"] === "signal")
        .map((match) => ({
          name: text(match["signal"]) ?? "",
          value: number(match["value"]) ?? 0,
          threshold: number(match["threshold"]) ?? null,
        })),
    ),
    intent: intentName ? { name: intentName, confidence: number(intent?.["confidence"]) ?? null } : null,
    words: items(evidence?.["words"]).flatMap((item) => {
      const messageId = text(item["message_id"]);
      const start = number(item["start"]);
      const end = number(item["end"]);
      if (messageId === undefined || start === undefined || end === undefined || end <= start) return [];
      return [{ messageId, start, end, text: text(item["text"]) ?? "" }];
    }),
    facts: matched.map(fact).filter((line): line is string => line !== null),
    messageIds: Array.isArray(evidence?.["message_ids"]) ? evidence["message_ids"].filter((id) => typeof id === "string") : [],
  };
}

/** A text cut at the highlighted places. Offsets count code points, as Python does; overlaps are joined. */
export function highlight(body: string, places: readonly { start: number; end: number }[]): { text: string; marked: boolean }[] {
  const points = [...body];
  const marked = new Array<boolean>(points.length).fill(false);
  for (const { start, end } of places) marked.fill(true, Math.max(0, start), Math.max(0, end));
  const parts: { text: string; marked: boolean }[] = [];
  points.forEach((point, index) => {
    const last = parts.at(-1);
    const isMarked = marked[index] ?? false;
    if (last && last.marked === isMarked) last.text += point;
    else parts.push({ text: point, marked: isMarked });
  });
  return parts;
}
