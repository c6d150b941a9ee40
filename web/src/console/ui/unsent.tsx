import { mayRetry, type Unsent as UnsentEntry } from "../../shared/outbox";
import { errorText } from "../words";

export function Unsent({ entry, onRetry, onDiscard }: { entry: UnsentEntry; onRetry: () => void; onDiscard: () => void }) {
  const isFailed = entry.status === "failed";
  return (
    <article class={`entry entry-agent kind-${entry.event === "say" ? "message" : entry.event} unsent`} data-testid="unsent" data-status={entry.status}>
      <p class="entry-head">
        <strong>You</strong>
        <span class={isFailed ? "tag tag-failed" : "tag"}>
          {isFailed ? `Not sent – ${errorText({ code: entry.error ?? "timeout", message: "" })}` : entry.status === "sending" ? "Sending…" : "Waiting to be sent"}
        </span>
      </p>
      <p class="entry-text">{entry.text}</p>
      {isFailed ? (
        <p class="entry-actions">
          {mayRetry(entry) ? (
            <button type="button" class="button" data-testid="try-again" onClick={onRetry}>
              Try again
            </button>
          ) : null}
          <button type="button" class="button button-bare" onClick={onDiscard}>
            Delete
          </button>
        </p>
      ) : null}
    </article>
  );
}
