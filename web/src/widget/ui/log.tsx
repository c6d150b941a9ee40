import { Fragment } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { Mode, Sender } from "../../protocol";
import { shownText } from "../../shared/shown-text";
import { useFollowing } from "../../shared/use-following";
import type { ChatClient, ChatState } from "../client";
import type { Strings } from "../strings";
import { DownIcon } from "./icons";
import { Message, UnsentMessage } from "./message";

/** Buttons are for whoever put them there: not for a person, when the assistant offered them. */
function speaks(sender: Sender, mode: Mode | undefined): boolean {
  if (mode === "closed") return false;
  return sender === "agent" ? mode === "human" || mode === "wrap_up" : sender === "system" || mode === "ai";
}

interface Props {
  client: ChatClient;
  state: ChatState;
  strings: Strings;
  locale: string;
}

export function Log({ client, state, strings, locale }: Props) {
  const { thread, outbox, dividerAfter, typing, session } = state;
  const { messages } = thread;
  const divider =
    dividerAfter === null ? undefined : messages.find((message) => message.seq > dividerAfter && message.sender !== "customer");
  const answered = messages.reduce((seq, message) => (message.sender === "customer" ? message.seq : seq), 0);

  const { box, behind, toEnd, onScroll } = useFollowing([messages, typing, divider]);

  // What the customer wrote herself is always brought into view.
  useLayoutEffect(toEnd, [outbox.length]);

  return (
    <div class="log-frame">
      <div
        class="log"
        ref={box}
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label={strings.log}
        aria-busy={session === null}
        data-testid="log"
        tabIndex={0}
        onScroll={onScroll}
      >
        {messages.map((message) => (
          <Fragment key={message.seq}>
            {message === divider ? (
              <p class="divider" data-testid="new-messages">
                <span>{strings.newMessages}</span>
              </p>
            ) : null}
            <Message
              message={message}
              shown={message.sender === "customer" ? shownText(messages, message.text ?? "") : (message.text ?? "")}
              strings={strings}
              locale={locale}
              answerable={message.seq > answered && outbox.length === 0 && speaks(message.sender, session?.mode)}
              onChoose={(reply) => client.choose(reply)}
            />
          </Fragment>
        ))}
        {outbox.map((entry) => (
          <UnsentMessage
            key={entry.clientId}
            entry={entry}
            shown={shownText(messages, entry.text)}
            strings={strings}
            onRetry={() => client.tryAgain(entry.clientId)}
            onDiscard={() => client.discard(entry.clientId)}
          />
        ))}
        {typing ? (
          <p class="typing" data-testid="typing">
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {typing === "ai" ? strings.typing.ai : strings.typing.person(session?.agentName ?? strings.speaker.somebody)}
          </p>
        ) : null}
        {session === null && messages.length === 0 ? <p class="waiting">{strings.connecting}</p> : null}
      </div>
      {behind ? (
        <button type="button" class="to-latest" onClick={toEnd}>
          <DownIcon />
          {strings.toLatest}
        </button>
      ) : null}
    </div>
  );
}
