import type { DeskClient } from "../client";
import type { DeskState } from "../state";

interface Props {
  client: DeskClient;
  state: DeskState;
  onOpen: (sessionId: string) => void;
}

export function Notices({ client, state, onOpen }: Props) {
  return (
    <>
      <div class="notices" role="alert" data-testid="notices">
        {state.link === "offline" ? (
          <p class="notice notice-urgent" data-testid="link-lost">
            Connection lost. Reconnecting… What you write is kept and sent then.
          </p>
        ) : null}
        {state.link === "refused" ? (
          <p class="notice notice-urgent">
            <span>The switchboard refused the connection.</span>
            <button type="button" class="button" onClick={() => client.reconnect()}>
              Try again
            </button>
          </p>
        ) : null}
        {state.notices.map((notice) => (
          <div key={notice.id} class={notice.urgent ? "notice notice-urgent" : "notice"} data-testid="notice">
            <span>{notice.text}</span>
            {notice.sessionId ? (
              <button
                type="button"
                class="button"
                onClick={() => {
                  client.dismiss(notice.id);
                  if (notice.sessionId) onOpen(notice.sessionId);
                }}
              >
                Open
              </button>
            ) : null}
            <button type="button" class="button button-bare" aria-label="Dismiss" onClick={() => client.dismiss(notice.id)}>
              ✕
            </button>
          </div>
        ))}
      </div>
      {state.stops.length > 0 ? (
        <p class="stopped" role="status" data-testid="ai-stopped">
          <strong>AI stopped:</strong>{" "}
          {state.stops.map((stop) => `${stop.scope === "all" ? "everywhere" : `${stop.scope} ${stop.value}`} – ${stop.reason}`).join("; ")}
        </p>
      ) : null}
    </>
  );
}
