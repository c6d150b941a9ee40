import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../../shared/store";
import type { ChatClient, ChatState } from "../client";
import type { Strings } from "../strings";
import { isDisclosed } from "../thread";
import { Composer } from "./composer";
import { FeedbackForm } from "./feedback";
import { Header } from "./header";
import { Log } from "./log";
import { QueueCard } from "./queue";

interface Props {
  client: ChatClient;
  strings: Strings;
  locale: string;
  onClose: () => void;
}

export function Panel({ client, strings, locale, onClose }: Props) {
  const state = useStore(client.state);
  const [ending, setEnding] = useState(false);
  const [ended, setEnded] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const mode = state.session?.mode;
  const over = mode === "closed" || mode === "wrap_up";
  const ready = state.sessionId !== null && (isDisclosed(state.thread) || mode === "queued" || mode === "human");

  useEffect(() => {
    const root = panel.current;
    const field = root?.querySelector<HTMLElement>("textarea:not(:disabled)");
    (field ?? root?.querySelector<HTMLElement>("#candour-title"))?.focus();
  }, []);

  useEffect(() => {
    const look = () => client.look(document.visibilityState === "visible");
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      client.look(false);
    };
  }, [client]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (ending) setEnding(false);
      else onClose();
    }
    if (event.key === "Tab" && panel.current && isFullScreen()) keepFocusInside(event, panel.current);
  };

  return (
    <section
      ref={panel}
      id="candour-panel"
      class="panel"
      role="dialog"
      aria-modal={isFullScreen()}
      aria-labelledby="candour-title"
      data-testid="panel"
      data-mode={mode ?? "none"}
      data-connection={state.connection}
      onKeyDown={onKeyDown}
    >
      <Header state={state} strings={strings} onPerson={() => client.requestPerson()} onClose={onClose} />
      <Alerts state={state} strings={strings} client={client} />
      {mode === "queued" && state.session ? (
        <QueueCard session={state.session} strings={strings} onStay={() => client.stayWithAssistant()} />
      ) : null}
      <div class="body">
        <Log client={client} state={state} strings={strings} locale={locale} />
        {over && state.feedback !== "skipped" ? (
          <FeedbackForm
            status={state.feedback}
            strings={strings}
            folded={mode === "wrap_up" && !ended}
            onSend={(feedback) => void client.giveFeedback(feedback)}
            onSkip={() => client.skipFeedback()}
          />
        ) : null}
      </div>
      <div class="footer">
        {mode === "closed" ? (
          <button type="button" class="main-button" data-testid="new-conversation" onClick={() => client.newConversation()}>
            {strings.newConversation}
          </button>
        ) : (
          <>
            <Composer strings={strings} ready={ready} onSend={(text) => client.say(text)} onTyped={() => client.typed()} />
            {state.session && mode !== "wrap_up" ? (
              ending ? (
                <div class="ending" role="group" aria-label={strings.end.ask}>
                  <span>{strings.end.ask}</span>
                  <button
                    type="button"
                    class="quiet-button danger"
                    data-testid="end-confirm"
                    ref={(button) => button?.focus()}
                    onClick={() => {
                      setEnding(false);
                      setEnded(true);
                      client.end();
                    }}
                  >
                    {strings.end.yes}
                  </button>
                  <button type="button" class="quiet-button" onClick={() => setEnding(false)}>
                    {strings.end.no}
                  </button>
                </div>
              ) : (
                <div class="ending">
                  <button type="button" class="quiet-button" data-testid="end-chat" onClick={() => setEnding(true)}>
                    {strings.end.button}
                  </button>
                </div>
              )
            ) : null}
          </>
        )}
      </div>
    </section>
  );
}

/** What interrupts: an assertive region of its own, so that it never mixes with the conversation. */
function Alerts({ state, strings, client }: { state: ChatState; strings: Strings; client: ChatClient }) {
  const { connection, trouble, outbox } = state;
  const lost = connection === "offline";
  const refused = connection === "refused";
  const undelivered = outbox.filter((entry) => entry.status === "failed").length;
  return (
    <div class="alerts" role="alert" aria-live="assertive" data-testid="alerts">
      {lost ? <p class="banner">{strings.offline}</p> : null}
      {refused ? (
        <p class="banner banner-refused">
          <span>{strings.refused}</span>
          <button type="button" class="quiet-button" onClick={() => client.reconnect()}>
            {strings.reconnect}
          </button>
        </p>
      ) : null}
      {trouble && !lost && !refused ? (
        <p class="banner banner-refused">
          <span>{strings.errors[trouble] ?? strings.errors.otherwise}</span>
        </p>
      ) : null}
      {undelivered > 0 ? <p class="hidden">{strings.status.failed}</p> : null}
    </div>
  );
}

function isFullScreen(): boolean {
  return window.matchMedia("(max-width: 40rem), (max-height: 30rem)").matches;
}

function keepFocusInside(event: KeyboardEvent, panel: HTMLElement): void {
  const stops = [...panel.querySelectorAll<HTMLElement>("button:not(:disabled), textarea:not(:disabled), input, a[href], [tabindex='0']")];
  const first = stops[0];
  const last = stops.at(-1);
  const focused = (panel.getRootNode() as ShadowRoot).activeElement;
  if (event.shiftKey && (focused === first || focused?.id === "candour-title")) {
    event.preventDefault();
    last?.focus();
  } else if (!event.shiftKey && focused === last) {
    event.preventDefault();
    first?.focus();
  }
}
