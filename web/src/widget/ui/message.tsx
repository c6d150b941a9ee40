import type { ChatMessage, QuickReply } from "../../protocol";
import { LinkedText } from "../../shared/linked-text";
import { mayRetry, type Unsent } from "../../shared/outbox";
import { clockTime } from "../../shared/time";
import type { Strings } from "../strings";
import { Mark } from "./header";
import { TickIcon, WarnIcon } from "./icons";

function speakerOf(message: ChatMessage, strings: Strings): string {
  switch (message.sender) {
    case "ai":
      return strings.speaker.ai;
    case "system":
      return strings.speaker.system;
    case "customer":
      return strings.speaker.you;
    case "agent":
      return strings.speaker.person(message.name ?? strings.speaker.somebody);
  }
}

interface MessageProps {
  message: ChatMessage;
  shown: string;
  strings: Strings;
  locale: string;
  /** Only the latest message of the other side still takes an answer by button. */
  answerable: boolean;
  onChoose: (reply: QuickReply) => void;
}

export function Message({ message, shown, strings, locale, answerable, onChoose }: MessageProps) {
  const { sender } = message;
  const mine = sender === "customer";
  return (
    <div
      class={`message message-${sender}${message.disclosure ? " message-disclosure" : ""}`}
      data-testid={message.disclosure ? "disclosure" : "message"}
      data-sender={sender}
      data-seq={message.seq}
    >
      <p class="speaker" data-testid="speaker">
        {sender === "ai" ? <Mark kind="ai" letters={strings.tag} /> : null}
        {sender === "agent" ? <Mark kind="agent" letters={(message.name ?? "·").slice(0, 1).toUpperCase()} /> : null}
        <span>{speakerOf(message, strings)}</span>
        <time dateTime={message.at}>{clockTime(message.at, locale)}</time>
      </p>
      {shown ? (
        <p class="bubble">
          <LinkedText text={shown} />
        </p>
      ) : null}
      {message.image ? (
        <img class="picture" src={message.image} alt={strings.image} loading="lazy" referrerpolicy="no-referrer" />
      ) : null}
      {message.cards ? (
        <div class="cards">
          {message.cards.map((card, index) => (
            <div class="card" key={index}>
              {card.image ? <img src={card.image} alt="" loading="lazy" referrerpolicy="no-referrer" /> : null}
              <p class="card-title">{card.title}</p>
              {card.subtitle ? <p>{card.subtitle}</p> : null}
              {answerable ? <Choices replies={card.buttons} strings={strings} onChoose={onChoose} /> : null}
            </div>
          ))}
        </div>
      ) : null}
      {mine ? (
        <p class="status">
          <TickIcon />
          <span>{strings.status.sent}</span>
        </p>
      ) : null}
      {answerable && message.quickReplies ? (
        <Choices replies={message.quickReplies} strings={strings} onChoose={onChoose} />
      ) : null}
    </div>
  );
}

function Choices({ replies, strings, onChoose }: { replies: QuickReply[]; strings: Strings; onChoose: (reply: QuickReply) => void }) {
  if (replies.length === 0) return null;
  return (
    <div class="choices" role="group" aria-label={strings.choices}>
      {replies.map((reply) => (
        <button key={reply.payload} type="button" class="choice" data-testid="quick-reply" onClick={() => onChoose(reply)}>
          {reply.title}
        </button>
      ))}
    </div>
  );
}

interface UnsentProps {
  entry: Unsent;
  shown: string;
  strings: Strings;
  onRetry: () => void;
  onDiscard: () => void;
}

export function UnsentMessage({ entry, shown, strings, onRetry, onDiscard }: UnsentProps) {
  const isFailed = entry.status === "failed";
  return (
    <div class={`message message-customer unsent unsent-${entry.status}`} data-testid="unsent" data-status={entry.status}>
      <p class="speaker">
        <span>{strings.speaker.you}</span>
      </p>
      <p class="bubble">{shown}</p>
      <p class="status">
        {isFailed ? <WarnIcon /> : null}
        <span>
          {strings.status[entry.status]}
          {isFailed ? ` – ${(entry.error && strings.errors[entry.error]) ?? strings.errors.otherwise}` : ""}
        </span>
      </p>
      {isFailed ? (
        <div class="choices">
          {mayRetry(entry) ? (
            <button type="button" class="choice" data-testid="try-again" onClick={onRetry}>
              {strings.status.again}
            </button>
          ) : null}
          <button type="button" class="choice" data-testid="discard" onClick={onDiscard}>
            {strings.status.discard}
          </button>
        </div>
      ) : null}
    </div>
  );
}
