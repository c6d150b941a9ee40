import { useState } from "preact/hooks";
import type { DeskAgent, DeskSession } from "../../protocol";
import type { DeskClient } from "../client";
import { DISPOSITIONS, QUEUES } from "../words";
import { Dialog } from "./dialog";
import { ReasonDialog } from "./reason";

type Open = "return" | "transfer" | "end" | "wrap_up" | "take_over" | null;

interface Props {
  client: DeskClient;
  session: DeskSession;
  own: boolean;
  colleagues: readonly DeskAgent[];
}

export function Actions({ client, session, own, colleagues }: Props) {
  const [open, setOpen] = useState<Open>(null);
  const id = session.sessionId;
  const close = () => setOpen(null);
  const { mode } = session;
  return (
    <div class="actions" data-testid="actions">
      {mode === "queued" && client.talks ? (
        <button type="button" class="button button-main" data-testid="claim-open" onClick={() => void client.claim(id)}>
          Claim
        </button>
      ) : null}
      {own && mode === "human" ? (
        <>
          <button type="button" class="button" data-testid="transfer" onClick={() => { void client.refreshColleagues(); setOpen("transfer"); }}>
            Transfer
          </button>
          <button type="button" class="button" data-testid="return-to-ai" onClick={() => setOpen("return")}>
            Hand back to AI
          </button>
          <button type="button" class="button" data-testid="end" onClick={() => setOpen("end")}>
            End
          </button>
        </>
      ) : null}
      {own && mode === "wrap_up" ? (
        <>
          <button type="button" class="button" data-testid="return-to-ai" onClick={() => setOpen("return")}>
            Hand back to AI
          </button>
          <button type="button" class="button button-main" data-testid="wrap-up" onClick={() => setOpen("wrap_up")}>
            Wrap up
          </button>
        </>
      ) : null}
      {client.oversees && !own && (mode === "ai" || mode === "human") ? (
        <button type="button" class="button button-danger" data-testid="take-over" onClick={() => setOpen("take_over")}>
          Take over
        </button>
      ) : null}

      {open === "return" ? (
        <ReasonDialog
          title="Hand back to the AI"
          explain="The customer is told again that an AI answers. Your note tells the AI what happened."
          label="Note for the AI"
          action="Hand back"
          required={false}
          testId="return-dialog"
          onClose={close}
          onDone={(note) => client.act("return_to_ai", { session_id: id, note })}
        />
      ) : null}
      {open === "take_over" ? (
        <ReasonDialog
          title="Take over this conversation"
          explain="The customer is told that you have joined. What is being said right now is held back. The reason goes into the record."
          label="Reason"
          action="Take over"
          required
          testId="take-over-dialog"
          onClose={close}
          onDone={async (reason) => {
            const taken = await client.takeOver(id, reason);
            if (taken) window.location.hash = "#/desk";
            return taken ? null : { code: "wrong_state", message: "" };
          }}
        />
      ) : null}
      {open === "end" ? (
        <Dialog title="End this conversation?" onClose={close} testId="end-dialog">
          <p>The customer is told, and can still write again until you have wrapped up.</p>
          <p class="dialog-actions">
            <button type="button" class="button" onClick={close}>
              Continue
            </button>
            <button
              type="button"
              class="button button-main"
              data-testid="end-confirm"
              onClick={() => {
                close();
                void client.act("end", { session_id: id });
              }}
            >
              End it
            </button>
          </p>
        </Dialog>
      ) : null}
      {open === "transfer" ? <TransferDialog client={client} session={session} colleagues={colleagues} onClose={close} /> : null}
      {open === "wrap_up" ? <WrapUpDialog client={client} sessionId={id} onClose={close} /> : null}
    </div>
  );
}

interface TransferProps {
  client: DeskClient;
  session: DeskSession;
  colleagues: readonly DeskAgent[];
  onClose: () => void;
}

function TransferDialog({ client, session, colleagues, onClose }: TransferProps) {
  const [kind, setKind] = useState<"queue" | "agent">("queue");
  const [queue, setQueue] = useState<string>(QUEUES.find((name) => name !== session.queue) ?? "general");
  const [agent, setAgent] = useState("");
  const [note, setNote] = useState("");
  const free = colleagues.filter((one) => one.status === "available" && one.id !== session.agent?.id);
  const ready = note.trim() !== "" && (kind === "queue" || agent !== "");
  const submit = async (event: Event) => {
    event.preventDefault();
    const to = kind === "queue" ? { queue } : { agent };
    if (ready && (await client.act("transfer", { session_id: session.sessionId, ...to, note: note.trim() })) === null) onClose();
  };
  return (
    <Dialog title="Transfer" onClose={onClose} testId="transfer-dialog">
      <form class="form" onSubmit={(event) => void submit(event)}>
        <fieldset class="choices">
          <legend>To</legend>
          <label>
            <input type="radio" name="to" checked={kind === "queue"} onChange={() => setKind("queue")} /> a queue
          </label>
          <label>
            <input type="radio" name="to" checked={kind === "agent"} onChange={() => setKind("agent")} /> a colleague
          </label>
        </fieldset>
        {kind === "queue" ? (
          <label>
            <span>Queue</span>
            <select value={queue} data-testid="transfer-queue" onChange={(event) => setQueue(event.currentTarget.value)}>
              {QUEUES.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        ) : (
          <label>
            <span>Colleague</span>
            <select value={agent} data-testid="transfer-agent" onChange={(event) => setAgent(event.currentTarget.value)}>
              <option value="">{free.length === 0 ? "Nobody else is available" : "Choose…"}</option>
              {free.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          <span>Note for whoever takes over</span>
          <textarea rows={3} required value={note} data-testid="transfer-note" onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        <p class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={!ready} data-testid="transfer-confirm">
            Transfer
          </button>
        </p>
      </form>
    </Dialog>
  );
}

function WrapUpDialog({ client, sessionId, onClose }: { client: DeskClient; sessionId: string; onClose: () => void }) {
  const [disposition, setDisposition] = useState("");
  const [summary, setSummary] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (disposition === "") return;
    const payload = { session_id: sessionId, disposition, summary: summary.trim() };
    if ((await client.act("wrap_up", payload)) === null) onClose();
  };
  return (
    <Dialog title="Wrap up" onClose={onClose} testId="wrap-up-dialog">
      <form class="form" onSubmit={(event) => void submit(event)}>
        <fieldset class="choices">
          <legend>How did it end?</legend>
          {DISPOSITIONS.map(([value, words]) => (
            <label key={value}>
              <input type="radio" name="disposition" value={value} checked={disposition === value} onChange={() => setDisposition(value)} /> {words}
            </label>
          ))}
        </fieldset>
        <label>
          <span>Summary</span>
          <textarea rows={4} maxLength={1000} value={summary} data-testid="summary" onInput={(event) => setSummary(event.currentTarget.value)} />
        </label>
        <p class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Later
          </button>
          <button type="submit" class="button button-main" disabled={disposition === ""} data-testid="wrap-up-confirm">
            Close the case
          </button>
        </p>
      </form>
    </Dialog>
  );
}
