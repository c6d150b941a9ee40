import type { DeskEntry, QuickReply } from "../../protocol";
import { LinkedText } from "../../shared/linked-text";
import { clockTime } from "../../shared/time";
import { highlight, type Words } from "../evidence";
import { speakerName } from "../words";

const PRIVATE: Partial<Record<DeskEntry["kind"], string>> = {
  note: "Private note – the customer can't see it",
  whisper: "Whisper – only staff can see it",
  suppressed: "Held back – never reached the customer",
};

interface Props {
  entry: DeskEntry;
  /** What the customer pressed, where she answered with a button. */
  shown: string;
  words: readonly Words[];
  onFlag?: (() => void) | undefined;
}

export function Entry({ entry, shown, words, onFlag }: Props) {
  const note = PRIVATE[entry.kind];
  const places = words.filter((place) => place.messageId === entry.id);
  return (
    <article
      class={`entry entry-${entry.sender} kind-${entry.kind}${entry.disclosure ? " entry-disclosure" : ""}`}
      data-testid="entry"
      data-sender={entry.sender}
      data-kind={entry.kind}
      data-seq={entry.seq ?? ""}
    >
      <p class="entry-head">
        <strong>{speakerName(entry.sender, entry.name)}</strong>
        {entry.disclosure ? <span class="tag">Disclosure</span> : null}
        {shown === entry.text ? null : <span class="tag">pressed a button</span>}
        {note ? <span class="tag tag-private">{note}</span> : null}
        <time dateTime={entry.at}>{clockTime(entry.at, "en-GB")}</time>
        {onFlag ? (
          <button type="button" class="flag" data-testid="flag" onClick={onFlag}>
            Flag
          </button>
        ) : null}
      </p>
      {entry.text ? (
        <p class="entry-text">
          {entry.kind === "suppressed" ? (
            <s>{entry.text}</s>
          ) : places.length > 0 ? (
            highlight(entry.text, places).map((part, index) => (part.marked ? <mark key={index}>{part.text}</mark> : part.text))
          ) : (
            <LinkedText text={shown} />
          )}
        </p>
      ) : null}
      {entry.image ? <img class="entry-image" src={entry.image} alt="Picture sent to the customer" loading="lazy" referrerpolicy="no-referrer" /> : null}
      {entry.cards?.map((card) => (
        <p key={card.title} class="entry-text">
          {card.title}
          {card.subtitle ? ` – ${card.subtitle}` : ""}
        </p>
      ))}
      <Offered replies={entry.quickReplies} />
    </article>
  );
}

function Offered({ replies }: { replies: QuickReply[] | undefined }) {
  if (!replies) return null;
  return <p class="entry-offered">Offered: {replies.map((reply) => reply.title).join(" · ")}</p>;
}
