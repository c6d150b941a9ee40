import { useState } from "preact/hooks";
import type { DeskSession, Presence } from "../../protocol";
import { duration, secondsSince } from "../../shared/time";
import type { DeskClient } from "../client";
import { mayAskForNotifications } from "../ring";
import { mine, waiting, type DeskState } from "../state";
import { criterionName, customerName, localeName, PRESENCE, PRIORITY } from "../words";
import type { Route } from "./desk";
import { useNow } from "./use-now";

interface Props {
  client: DeskClient;
  state: DeskState;
  route: Route;
  muted: boolean;
  onMute: () => void;
  onHelp: () => void;
  onLeave: () => void;
  onOpen: (sessionId: string) => void;
}

const PRESENCES: readonly Presence[] = ["available", "away", "offline"];

export function Rail({ client, state, route, muted, onMute, onHelp, onLeave, onOpen }: Props) {
  const now = useNow();
  const queue = waiting(state);
  const own = mine(state);
  const [asked, setAsked] = useState(false);
  return (
    <nav class="rail" aria-label="Desk">
      <header class="rail-head">
        <p class="rail-brand">
          Candour <span>desk</span>
        </p>
        <p class="rail-me" data-testid="me">
          {state.me ? `${state.me.name} · ${client.role}` : client.role}
        </p>
        {client.talks ? <fieldset class="presence" data-testid="presence">
          <legend class="hidden">Presence</legend>
          {PRESENCES.map((status) => (
            <label key={status} class={`presence-choice presence-${status}`}>
              <input
                type="radio"
                name="presence"
                value={status}
                checked={state.me?.status === status}
                disabled={state.link !== "online"}
                onChange={() => void client.setPresence(status)}
              />
              <span>{PRESENCE[status]}</span>
            </label>
          ))}
        </fieldset> : null}
        {client.readsAlong ? (
          <div class="rail-nav">
            <a href="#/desk" aria-current={route === "desk" ? "page" : undefined} data-testid="nav-desk">
              Desk
            </a>
            <a href="#/live" aria-current={route === "live" ? "page" : undefined} data-testid="nav-live">
              Live AI <span class="count">{state.live.length}</span>
            </a>
          </div>
        ) : null}
      </header>
      <div class="rail-lists">
        <section aria-labelledby="mine-title">
          <h2 id="mine-title">
            My conversations <span class="count">{own.length}</span>
          </h2>
          {own.length === 0 ? <p class="rail-empty">Nobody yet. Take the next one from the queue.</p> : null}
          <ul data-testid="mine">
            {own.map((session, index) => (
              <li key={session.sessionId}>
                <button
                  type="button"
                  class="item"
                  data-testid="my-conversation"
                  data-session={session.sessionId}
                  aria-current={state.open === session.sessionId && route === "desk"}
                  onClick={() => onOpen(session.sessionId)}
                >
                  <span class="item-top">
                    <strong>{customerName(session)}</strong>
                    {state.unread[session.sessionId] ? (
                      <span class="unread" data-testid="unread">
                        {state.unread[session.sessionId]}
                        <span class="hidden"> unread</span>
                      </span>
                    ) : (
                      <kbd class="item-key">Alt {index + 1}</kbd>
                    )}
                  </span>
                  <span class="item-text">
                    {session.mode === "wrap_up"
                      ? "Wrap-up to be done"
                      : state.typing[session.sessionId] === "customer"
                        ? "writing…"
                        : (session.lastMessage?.text ?? criterionName(session.criterion))}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
        <section aria-labelledby="queue-title">
          <h2 id="queue-title">
            Queue <span class="count">{queue.length}</span>
          </h2>
          {!state.loaded ? <p class="rail-empty">Loading…</p> : null}
          {state.loaded && queue.length === 0 ? <p class="rail-empty">Nobody is waiting.</p> : null}
          <ul data-testid="queue">
            {queue.map((session) => (
              <li key={session.sessionId}>
                <QueueItem session={session} now={now} claimable={client.talks} reserved={session.reservedFor !== null && session.reservedFor === state.me?.id} open={state.open === session.sessionId} onOpen={() => onOpen(session.sessionId)} onClaim={() => { onOpen(session.sessionId); void client.claim(session.sessionId); }} />
              </li>
            ))}
          </ul>
        </section>
      </div>
      <footer class="rail-foot">
        <button type="button" class="button button-bare" aria-pressed={muted} onClick={onMute}>
          {muted ? "Sound off" : "Sound on"}
        </button>
        {mayAskForNotifications() && !asked ? (
          <button
            type="button"
            class="button button-bare"
            onClick={() => void Notification.requestPermission().then(() => setAsked(true))}
          >
            Allow alerts
          </button>
        ) : null}
        <button type="button" class="button button-bare" onClick={onHelp} data-testid="help">
          Keys&nbsp;<kbd>?</kbd>
        </button>
        <button type="button" class="button button-bare" onClick={onLeave} data-testid="sign-out">
          Sign out
        </button>
      </footer>
    </nav>
  );
}

interface QueueItemProps {
  session: DeskSession;
  now: number;
  claimable: boolean;
  reserved: boolean;
  open: boolean;
  onOpen: () => void;
  onClaim: () => void;
}

function QueueItem({ session, now, claimable, reserved, open, onOpen, onClaim }: QueueItemProps) {
  return (
    <div class={`item item-queued priority-${session.priority}`} data-testid="queued" data-session={session.sessionId} data-priority={session.priority}>
      <button type="button" class="item-open" aria-current={open} onClick={onOpen}>
        <span class="item-top">
          <span class="priority">{PRIORITY[session.priority]}</span>
          <span class="item-wait">
            <span class="hidden">waiting </span>
            {duration(secondsSince(session.queuedAt, now))}
          </span>
        </span>
        <strong>{customerName(session)}</strong>
        <span class="item-text">{session.why ?? criterionName(session.criterion)}</span>
        <span class="item-facts">{[reserved ? "Sent to you" : "", session.queue, localeName(session.locale)].filter(Boolean).join(" · ")}</span>
      </button>
      {claimable ? (
        <button type="button" class="button button-claim" data-testid="claim" aria-label={`Claim ${customerName(session)}`} onClick={onClaim}>
          Claim
        </button>
      ) : null}
    </div>
  );
}
