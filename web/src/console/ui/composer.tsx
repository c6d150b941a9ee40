import { useState } from "preact/hooks";
import { MAX_TEXT, type DeskSession } from "../../protocol";
import type { DeskClient } from "../client";

type Way = "say" | "note" | "whisper";

const WAYS: Record<Way, { name: string; label: string; placeholder: string }> = {
  say: { name: "Reply", label: "Reply to the customer", placeholder: "Write to the customer" },
  note: { name: "Private note", label: "Private note", placeholder: "Only staff can read this" },
  whisper: { name: "Whisper", label: "Whisper to the agent", placeholder: "Only the agent and staff can read this" },
};

interface Props {
  client: DeskClient;
  session: DeskSession;
  own: boolean;
}

function waysOf(client: DeskClient, session: DeskSession, own: boolean): Way[] {
  if (!client.talks || session.mode === "closed") return [];
  if (own) return session.mode === "human" ? ["say", "note"] : ["note"];
  // A whisper needs an agent to hear it.
  if (client.oversees) return session.mode === "human" ? ["whisper", "note"] : ["note"];
  return session.mode === "queued" ? ["note"] : [];
}

export function Composer({ client, session, own }: Props) {
  const ways = waysOf(client, session, own);
  const [chosen, setChosen] = useState<Way>("say");
  const [drafts, setDrafts] = useState<Partial<Record<Way, string>>>({});
  const first = ways[0];
  if (first === undefined) return null;
  const way = ways.includes(chosen) ? chosen : first;
  const draft = drafts[way] ?? "";
  const left = MAX_TEXT - [...draft.trim()].length;
  const sendable = draft.trim() !== "" && left >= 0;

  const submit = () => {
    if (!sendable) return;
    client.write(way, session.sessionId, draft);
    setDrafts({ ...drafts, [way]: "" });
  };

  return (
    <form
      class={`composer composer-${way}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="composer-ways" role="group" aria-label="Who reads this">
        {ways.map((one) => (
          <button key={one} type="button" aria-pressed={one === way} data-testid={`way-${one}`} onClick={() => setChosen(one)}>
            {WAYS[one].name}
          </button>
        ))}
        {way === "say" ? null : <span class="composer-private">The customer does not see this</span>}
      </div>
      <textarea
        id="composer"
        rows={own ? 3 : 2}
        dir="auto"
        value={draft}
        aria-label={WAYS[way].label}
        aria-invalid={left < 0}
        placeholder={WAYS[way].placeholder}
        data-testid="composer"
        onInput={(event) => {
          setDrafts({ ...drafts, [way]: event.currentTarget.value });
          if (way === "say") client.typed(session.sessionId);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            submit();
          }
        }}
      />
      <div class="composer-foot">
        <span class={left < 0 ? "over" : ""} aria-live="polite">
          {left < 150 ? (left < 0 ? `${-left} characters too many` : `${left} characters left`) : "Enter sends, Shift Enter makes a new line"}
        </span>
        <button type="submit" class="button button-main" disabled={!sendable} data-testid="send">
          {way === "say" ? "Send" : way === "note" ? "Keep note" : "Whisper"}
        </button>
      </div>
    </form>
  );
}
