import { useState } from "preact/hooks";
import type { WireError } from "../../protocol";
import { Dialog } from "./dialog";

interface Props {
  title: string;
  explain: string;
  label: string;
  action: string;
  required: boolean;
  testId: string;
  onClose: () => void;
  /** Null when it succeeded; the dialog stays open otherwise. */
  onDone: (reason: string) => Promise<WireError | null>;
}

/** Asks for the words that go into the record with a deed. */
export function ReasonDialog({ title, explain, label, action, required, testId, onClose, onDone }: Props) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy || (required && reason.trim() === "")) return;
    setBusy(true);
    const error = await onDone(reason.trim());
    setBusy(false);
    if (error === null) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose} testId={testId}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <p>{explain}</p>
        <label>
          <span>{label}</span>
          <textarea rows={3} maxLength={1000} required={required} value={reason} data-testid="reason" onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        <p class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={busy || (required && reason.trim() === "")} data-testid="reason-confirm">
            {action}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
