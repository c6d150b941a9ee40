import { useEffect, useRef, useState } from "preact/hooks";
import { MAX_TEXT } from "../../protocol";
import type { Strings } from "../strings";
import { SendIcon } from "./icons";

/** The counter appears when this many characters are left. */
const COUNT_FROM = 150;

interface Props {
  strings: Strings;
  /** Nothing is typed before the disclosure stands in the conversation. */
  ready: boolean;
  onSend: (text: string) => void;
  onTyped: () => void;
}

export function Composer({ strings, ready, onSend, onTyped }: Props) {
  const [draft, setDraft] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const left = MAX_TEXT - [...draft.trim()].length;
  const sendable = ready && draft.trim() !== "" && left >= 0;

  useEffect(() => {
    // The heading held the focus while the field could not.
    const focused = (field.current?.getRootNode() as ShadowRoot | Document | undefined)?.activeElement;
    if (ready && focused?.id === "candour-title") field.current?.focus();
  }, [ready]);

  useEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, 140)}px`;
  }, [draft]);

  const submit = () => {
    if (!sendable) return;
    onSend(draft);
    setDraft("");
    field.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label class="hidden" for="candour-text">
        {strings.composer.label}
      </label>
      <textarea
        id="candour-text"
        ref={field}
        rows={1}
        value={draft}
        dir="auto"
        autocomplete="off"
        data-testid="composer"
        disabled={!ready}
        placeholder={ready ? strings.composer.placeholder : strings.composer.waiting}
        aria-describedby="candour-count"
        aria-invalid={left < 0}
        onInput={(event) => {
          setDraft(event.currentTarget.value);
          onTyped();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            submit();
          }
        }}
      />
      <button type="submit" class="send" data-testid="send" disabled={!sendable} aria-label={strings.composer.send} title={strings.composer.send}>
        <SendIcon />
      </button>
      <p id="candour-count" class={left < 0 ? "count count-over" : "count"} aria-live="polite" data-testid="count">
        {left > COUNT_FROM ? "" : left >= 0 ? strings.composer.left(left) : strings.composer.over(-left)}
      </p>
    </form>
  );
}
