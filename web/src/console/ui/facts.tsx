import { useMemo } from "preact/hooks";
import type { DeskSession } from "../../protocol";
import { clockTime, duration, secondsSince } from "../../shared/time";
import type { DeskClient } from "../client";
import { readEvidence, type Measure } from "../evidence";
import { isMine, type DeskState } from "../state";
import { criterionName, customerName, humanise, localeName, PRIORITY } from "../words";
import { useNow } from "./use-now";

interface Props {
  client: DeskClient;
  state: DeskState;
  session: DeskSession;
}

export function Facts({ client, state, session }: Props) {
  const now = useNow();
  const evidence = useMemo(() => readEvidence(session.evidence), [session.evidence]);
  const assist = state.assist[session.sessionId];
  const hints = Object.entries(assist?.signals ?? {})
    .filter(([, value]) => value >= 0.3)
    .sort(([, a], [, b]) => b - a)
    .map(([name, value]): Measure => ({ name, value, threshold: null }));
  return (
    <aside class="facts" aria-label="About this conversation" data-testid="facts">
      {session.criterion ? (
        <section class={`why priority-${session.priority}`} data-testid="why">
          <h2>Why a person</h2>
          <p class="why-name">
            <span class="priority">{PRIORITY[session.priority]}</span>
            {criterionName(session.criterion)}
          </p>
          {session.why ? <p data-testid="why-text">{session.why}</p> : null}
          {evidence.words.length > 0 ? (
            <p class="why-words">
              {evidence.words.map((place) => (
                <q key={`${place.messageId}-${place.start}`}>
                  <mark>{place.text}</mark>
                </q>
              ))}
            </p>
          ) : null}
          <Bars measures={evidence.signals} />
          <ul class="why-facts">
            {evidence.intent ? (
              <li>
                Read as “{humanise(evidence.intent.name)}”
                {evidence.intent.confidence === null ? "" : `, ${Math.round(evidence.intent.confidence * 100)} % sure`}
              </li>
            ) : null}
            {evidence.facts.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <dl class="small">
            {session.protocol ? <Row name="Protocol" value={session.protocol.toUpperCase()} /> : null}
            {session.skill ? <Row name="Skill" value={humanise(session.skill)} /> : null}
            <Row name="Criterion" value={<code>{session.criterion}</code>} />
            {session.policyVersion ? <Row name="Policy" value={<code title={session.policyVersion}>{session.policyVersion.slice(0, 19)}…</code>} /> : null}
          </dl>
        </section>
      ) : null}
      <section>
        <h2>Customer</h2>
        <dl>
          <Row name="Name" value={customerName(session)} />
          {session.customer ? <Row name="Id" value={<code>{session.customer.id}</code>} /> : <Row name="Identity" value="Not signed in: give no account details" />}
          {session.region ? <Row name="Region" value={session.region} /> : null}
          <Row name="Language" value={localeName(session.locale)} />
        </dl>
      </section>
      <section>
        <h2>Session</h2>
        <dl>
          <Row name="Channel" value={humanise(session.channel)} />
          {session.queue ? <Row name="Queue" value={humanise(session.queue)} /> : null}
          {session.openedAt ? <Row name="Opened" value={`${clockTime(session.openedAt, "en-GB")} · ${duration(secondsSince(session.openedAt, now))} ago`} /> : null}
          {session.mode === "queued" && session.queuedAt ? <Row name="Waiting" value={duration(secondsSince(session.queuedAt, now))} /> : null}
          {session.agent ? <Row name="Agent" value={session.agent.name} /> : null}
          <Row name="Id" value={<code title={session.sessionId}>{session.sessionId.slice(0, 12)}…</code>} />
        </dl>
      </section>
      {assist ? (
        <section data-testid="assist">
          <h2>Last message, as the AI reads it</h2>
          {assist.intent ? (
            <p>
              “{humanise(assist.intent)}”{assist.confidence === null ? "" : `, ${Math.round(assist.confidence * 100)} %`}
            </p>
          ) : null}
          <Bars measures={hints} />
          {assist.entities.length > 0 ? (
            <dl>
              {assist.entities.map((entity) => (
                <Row key={`${entity.entity}-${entity.value}`} name={humanise(entity.entity)} value={entity.value} />
              ))}
            </dl>
          ) : null}
          {isMine(state, session) && session.mode === "human"
            ? assist.drafts.map((draft) => (
                <button key={draft.text} type="button" class="draft" onClick={() => client.write("say", session.sessionId, draft.text)}>
                  Send: {draft.text}
                </button>
              ))
            : null}
        </section>
      ) : null}
    </aside>
  );
}

function Row({ name, value }: { name: string; value: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Probabilities as bars, with the number beside them and the threshold as a line. */
function Bars({ measures }: { measures: readonly Measure[] }) {
  if (measures.length === 0) return null;
  return (
    <ul class="bars" data-testid="signals">
      {measures.map(({ name, value, threshold }) => (
        <li key={name}>
          <span>{humanise(name)}</span>
          <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="bar-ground" width="100" height="8" />
            <rect class="bar" width={Math.round(value * 100)} height="8" />
            {threshold === null ? null : <rect class="bar-line" x={Math.round(threshold * 100)} width="1.500" height="8" />}
          </svg>
          <span class="bar-value">{value.toFixed(2)}</span>
        </li>
      ))}
    </ul>
  );
}
