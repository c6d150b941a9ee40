import { useState } from "preact/hooks";
import type { Feedback } from "../../protocol";
import type { ChatState } from "../client";
import type { Strings } from "../strings";

type Scale = "heard" | "valued" | "feeling" | "resolved";
const SCALES: readonly Scale[] = ["heard", "valued", "feeling", "resolved"];

function ends(scale: Scale, strings: Strings): [string, string] {
  const words = strings.feedback;
  if (scale === "feeling") return [words.feelingLow, words.feelingHigh];
  if (scale === "resolved") return [words.resolvedLow, words.resolvedHigh];
  return [words.agreeLow, words.agreeHigh];
}

interface Props {
  status: ChatState["feedback"];
  strings: Strings;
  /** Folded while there may still be something to say. */
  folded: boolean;
  onSend: (feedback: Feedback) => void;
  onSkip: () => void;
}

export function FeedbackForm({ status, strings, folded, onSend, onSkip }: Props) {
  const [open, setOpen] = useState(!folded);
  const [answers, setAnswers] = useState<Partial<Record<Scale, number>>>({});
  const [comment, setComment] = useState("");
  const words = strings.feedback;

  if (status === "sent") {
    return (
      <p class="thanks" role="status" data-testid="feedback-thanks">
        {words.thanks}
      </p>
    );
  }
  if (!open && folded) {
    return (
      <button type="button" class="feedback-open" data-testid="feedback-open" onClick={() => setOpen(true)}>
        {words.title}
      </button>
    );
  }
  const anything = Object.keys(answers).length > 0 || comment.trim() !== "";
  return (
    <form
      class="feedback"
      data-testid="feedback"
      onSubmit={(event) => {
        event.preventDefault();
        if (anything) onSend({ ...answers, ...(comment.trim() ? { comment: comment.trim() } : {}) });
      }}
    >
      <h3>{words.title}</h3>
      {SCALES.map((scale) => {
        const [low, high] = ends(scale, strings);
        return (
          <fieldset key={scale} data-testid={`feedback-${scale}`}>
            <legend>{words[scale]}</legend>
            <div class="scale">
              {[1, 2, 3, 4, 5].map((value) => (
                <label key={value} class="scale-point">
                  <input
                    type="radio"
                    name={scale}
                    value={value}
                    checked={answers[scale] === value}
                    onChange={() => setAnswers({ ...answers, [scale]: value })}
                  />
                  <span>
                    {value}
                    {value === 1 ? <span class="hidden"> {low}</span> : null}
                    {value === 5 ? <span class="hidden"> {high}</span> : null}
                  </span>
                </label>
              ))}
            </div>
            <div class="scale-ends" aria-hidden="true">
              <span>{low}</span>
              <span>{high}</span>
            </div>
          </fieldset>
        );
      })}
      <label class="comment">
        <span>{words.comment}</span>
        <textarea rows={2} maxLength={1000} dir="auto" value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
      </label>
      {status === "failed" ? (
        <p class="trouble" role="alert">
          {words.failed}
        </p>
      ) : null}
      <div class="feedback-actions">
        <button type="submit" class="main-button" data-testid="feedback-send" disabled={!anything || status === "sending"}>
          {words.send}
        </button>
        <button type="button" class="quiet-button" data-testid="feedback-skip" onClick={onSkip}>
          {words.skip}
        </button>
      </div>
    </form>
  );
}
