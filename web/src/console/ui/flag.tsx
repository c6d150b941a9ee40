import { useState } from "preact/hooks";
import type { DeskClient } from "../client";
import { VERDICTS } from "../words";
import { Dialog } from "./dialog";

interface Props {
  client: DeskClient;
  sessionId: string;
  seq: number;
  onClose: () => void;
}

export function FlagDialog({ client, sessionId, seq, onClose }: Props) {
  const [verdict, setVerdict] = useState("");
  const [comment, setComment] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (verdict === "") return;
    if ((await client.act("flag", { session_id: sessionId, seq, verdict, comment: comment.trim() })) === null) onClose();
  };
  return (
    <Dialog title={`Judge the AI’s message ${seq}`} onClose={onClose} testId="flag-dialog">
      <form class="form" onSubmit={(event) => void submit(event)}>
        <fieldset class="choices">
          <legend>Verdict</legend>
          {VERDICTS.map(([value, words]) => (
            <label key={value}>
              <input type="radio" name="verdict" value={value} checked={verdict === value} onChange={() => setVerdict(value)} /> {words}
            </label>
          ))}
        </fieldset>
        <label>
          <span>Comment</span>
          <textarea rows={3} maxLength={1000} value={comment} data-testid="flag-comment" onInput={(event) => setComment(event.currentTarget.value)} />
        </label>
        <p class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={verdict === ""} data-testid="flag-confirm">
            Record
          </button>
        </p>
      </form>
    </Dialog>
  );
}
