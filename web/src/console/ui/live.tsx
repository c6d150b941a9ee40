import { useState } from "preact/hooks";
import type { DeskClient } from "../client";
import { liveSessions, type DeskState } from "../state";
import { duration, secondsSince } from "../../shared/time";
import { customerName, localeName, speakerName } from "../words";
import { Conversation } from "./conversation";
import { StopSwitch } from "./stop";
import { useNow } from "./use-now";

/** Every AI conversation under a person's eyes, with what stops it. */
export function Live({ client, state }: { client: DeskClient; state: DeskState }) {
  const now = useNow();
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const all = liveSessions(state);
  const sessions = all.filter((session) =>
    [customerName(session), session.lastMessage?.text ?? "", session.channel, session.locale].join(" ").toLowerCase().includes(wanted),
  );
  const open = state.open === null ? undefined : state.sessions[state.open];
  return (
    <div class="live" data-testid="live">
      <header class="live-head">
        <h1>
          Live AI conversations <span class="count">{all.length}</span>
        </h1>
        <label class="live-search">
          <span class="hidden">Find</span>
          <input type="search" placeholder="Find by name, words, channel, language" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        </label>
        <StopSwitch client={client} state={state} />
      </header>
      <div class="live-body">
        <div class="live-list">
          {sessions.length === 0 ? (
            <p class="loading">{all.length === 0 ? "The AI is talking to nobody at the moment." : "Nothing matches."}</p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th scope="col">Customer</th>
                  <th scope="col">Last message</th>
                  <th scope="col">Open</th>
                </tr>
              </thead>
              <tbody>
                {sessions.map((session) => (
                  <tr key={session.sessionId} data-testid="live-row" data-session={session.sessionId} aria-current={state.open === session.sessionId}>
                    <td>
                      <button type="button" class="live-open" data-testid="watch" onClick={() => void client.open(session.sessionId)}>
                        {customerName(session)}
                      </button>
                      <small>
                        {localeName(session.locale)} · {session.channel}
                      </small>
                    </td>
                    <td>
                      {session.lastMessage ? (
                        <>
                          <small>{speakerName(session.lastMessage.sender, session.lastMessage.sender === "customer" ? "" : (session.agent?.name ?? ""))}</small>
                          <span class="live-text">{session.lastMessage.text}</span>
                        </>
                      ) : (
                        <small>Nothing said yet</small>
                      )}
                    </td>
                    <td class="live-time">{duration(secondsSince(session.openedAt, now))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
        {open ? <Conversation key={open.sessionId} client={client} state={state} session={open} /> : null}
      </div>
    </div>
  );
}
