import { useState } from "preact/hooks";
import type { StopScopeKind } from "../../protocol";
import type { DeskClient } from "../client";
import type { DeskState } from "../state";
import { Dialog } from "./dialog";

const SCOPES: readonly [StopScopeKind, string, string][] = [
  ["all", "Everything the AI says", ""],
  ["intent", "Answers to one intent", "for example show_balance"],
  ["channel", "One channel", "for example web"],
  ["region", "One region", "for example GB"],
];

export function StopSwitch({ client, state }: { client: DeskClient; state: DeskState }) {
  const [open, setOpen] = useState(false);
  const stopped = state.stops.length > 0;
  return (
    <div class={stopped ? "switch switch-stopped" : "switch"}>
      <p data-testid="ai-state">
        <span class="switch-lamp" aria-hidden="true" />
        {stopped ? (state.stops.some((stop) => stop.scope === "all") ? "The AI is stopped" : "The AI is partly stopped") : "The AI is answering"}
      </p>
      {client.oversees ? (
        <button type="button" class="button button-danger" data-testid="stop-ai" onClick={() => setOpen(true)}>
          {stopped ? "Change" : "Stop the AI"}
        </button>
      ) : null}
      {open ? <StopDialog client={client} state={state} onClose={() => setOpen(false)} /> : null}
    </div>
  );
}

function StopDialog({ client, state, onClose }: { client: DeskClient; state: DeskState; onClose: () => void }) {
  const [scope, setScope] = useState<StopScopeKind>("all");
  const [value, setValue] = useState("");
  const [reason, setReason] = useState("");
  const ready = reason.trim() !== "" && (scope === "all" || value.trim() !== "");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (ready && (await client.stopAi(scope, scope === "all" ? "" : value.trim(), true, reason.trim())) === null) onClose();
  };
  return (
    <Dialog title="Stop the AI" onClose={onClose} testId="stop-dialog">
      {state.stops.length > 0 ? (
        <ul class="stops">
          {state.stops.map((stop) => (
            <li key={`${stop.scope}:${stop.value}`}>
              <span>
                <strong>{stop.scope === "all" ? "Everything" : `${stop.scope}: ${stop.value}`}</strong> – {stop.reason}
              </span>
              <button
                type="button"
                class="button"
                data-testid="resume-ai"
                onClick={() => void client.stopAi(stop.scope, stop.value, false, reason.trim() || "Resumed by supervisor")}
              >
                Let it answer again
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <form class="form" onSubmit={(event) => void submit(event)}>
        <p>From this moment nothing of the chosen kind is said by the AI. Those customers get people.</p>
        <fieldset class="choices">
          <legend>What</legend>
          {SCOPES.map(([kind, words]) => (
            <label key={kind}>
              <input type="radio" name="scope" value={kind} checked={scope === kind} onChange={() => setScope(kind)} /> {words}
            </label>
          ))}
        </fieldset>
        {scope === "all" ? null : (
          <label>
            <span>Which {scope}</span>
            <input value={value} placeholder={SCOPES.find(([kind]) => kind === scope)?.[2]} data-testid="stop-value" onInput={(event) => setValue(event.currentTarget.value)} />
          </label>
        )}
        <label>
          <span>Reason (goes into the record)</span>
          <textarea rows={2} required maxLength={1000} value={reason} data-testid="stop-reason" onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        <p class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-danger" disabled={!ready} data-testid="stop-confirm">
            Stop now
          </button>
        </p>
      </form>
    </Dialog>
  );
}
