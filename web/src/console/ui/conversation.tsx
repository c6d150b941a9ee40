import { useEffect, useMemo, useState } from "preact/hooks";
import type { DeskSession } from "../../protocol";
import { shownText } from "../../shared/shown-text";
import { useFollowing } from "../../shared/use-following";
import type { DeskClient } from "../client";
import { readEvidence } from "../evidence";
import { isMine, type DeskState } from "../state";
import { criterionName, customerName, localeName, MODE, PRIORITY, speakerName } from "../words";
import { Actions } from "./actions";
import { Composer } from "./composer";
import { Entry } from "./entry";
import { FlagDialog } from "./flag";
import { Unsent } from "./unsent";

interface Props {
  client: DeskClient;
  state: DeskState;
  session: DeskSession | undefined;
}

export function Conversation({ client, state, session }: Props) {
  if (!session) {
    return (
      <section class="empty" data-testid="no-conversation">
        <h1>{client.talks || client.readsAlong ? "No conversation open" : "Nothing to see with this role"}</h1>
        <p>
          {client.talks
            ? "Choose one of yours, or claim the next from the queue with Alt N."
            : client.readsAlong
              ? "Choose one on the left, or look at the live AI conversations."
              : "Your role manages accounts and sees no conversations."}
        </p>
      </section>
    );
  }
  return <Thread client={client} state={state} session={session} />;
}

function Thread({ client, state, session }: { client: DeskClient; state: DeskState; session: DeskSession }) {
  const id = session.sessionId;
  const entries = state.entries[id];
  const unsent = state.outbox.filter((entry) => entry.sessionId === id);
  const own = isMine(state, session);
  const [flagging, setFlagging] = useState<number | null>(null);
  const words = useMemo(() => readEvidence(session.evidence).words, [session.evidence]);
  const typing = state.typing[id];
  const { box, onScroll } = useFollowing([entries?.length, unsent.length, typing]);

  useEffect(() => {
    if (own) document.querySelector<HTMLElement>("#composer")?.focus();
  }, [own]);

  return (
    <section class="thread" aria-label={`Conversation with ${customerName(session)}`} data-testid="conversation" data-session={id} data-mode={session.mode}>
      <header class={`thread-head priority-${session.priority}`}>
        <div class="thread-who">
          <h1>{customerName(session)}</h1>
          <p>
            <span class={`mode mode-${session.mode}`} data-testid="mode">
              {session.mode === "human" && session.agent && !own ? `With ${session.agent.name}` : own && session.mode === "human" ? "With you" : MODE[session.mode]}
            </span>
            {session.criterion ? (
              <span>
                {PRIORITY[session.priority]} · {criterionName(session.criterion)}
              </span>
            ) : null}
            <span>{localeName(session.locale)}</span>
          </p>
        </div>
        <Actions client={client} session={session} own={own} colleagues={state.colleagues} />
      </header>
      <div
        class="entries"
        ref={box}
        role="log"
        aria-label="Messages"
        aria-live={own ? "polite" : "off"}
        tabIndex={0}
        data-testid="entries"
        onScroll={onScroll}
      >
        {entries === undefined ? <p class="loading">Loading the conversation…</p> : null}
        {entries?.map((entry) => (
          <Entry
            key={`${entry.kind}-${entry.id}`}
            entry={entry}
            shown={entry.sender === "customer" ? shownText(entries, entry.text) : entry.text}
            words={words}
            onFlag={entry.sender === "ai" && entry.kind === "message" && entry.seq !== null ? () => setFlagging(entry.seq) : undefined}
          />
        ))}
        {unsent.map((entry) => (
          <Unsent key={entry.clientId} entry={entry} onRetry={() => client.tryAgain(entry.clientId)} onDiscard={() => client.discard(entry.clientId)} />
        ))}
        {typing && !(typing === "agent" && own) ? (
          <p class="typing" data-testid="typing">
            {speakerName(typing, typing === "customer" ? customerName(session) : (session.agent?.name ?? ""))} is writing…
          </p>
        ) : null}
      </div>
      <Composer client={client} session={session} own={own} />
      {flagging === null ? null : <FlagDialog client={client} sessionId={id} seq={flagging} onClose={() => setFlagging(null)} />}
    </section>
  );
}
