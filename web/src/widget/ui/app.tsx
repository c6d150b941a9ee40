import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../../shared/store";
import type { KeyValue } from "../../shared/storage";
import type { ChatClient } from "../client";
import { directionOf, type Strings } from "../strings";
import { unreadAfter } from "../thread";
import { ChatIcon } from "./icons";
import { Panel } from "./panel";

const OPEN_KEY = "candour:open";

interface Props {
  client: ChatClient;
  strings: Strings;
  locale: string;
  tab: KeyValue;
}

export function App({ client, strings, locale, tab }: Props) {
  // A customer who goes to another page of the bank in the middle of a conversation stays in it.
  const [open, setOpen] = useState(() => tab.get(OPEN_KEY) === "yes");
  const launcher = useRef<HTMLButtonElement>(null);
  const { awaySince, thread } = useStore(client.state);
  const unread = awaySince === null ? 0 : unreadAfter(thread, awaySince).length;

  useEffect(() => {
    if (open) client.start();
  }, [open, client]);

  const change = (next: boolean) => {
    tab.set(OPEN_KEY, next ? "yes" : "no");
    setOpen(next);
    if (!next) requestAnimationFrame(() => launcher.current?.focus());
  };

  return (
    <div class={open ? "root root-open" : "root"} lang={strings.language} dir={directionOf(strings.language)}>
      {open ? (
        <Panel client={client} strings={strings} locale={locale} onClose={() => change(false)} />
      ) : null}
      <button
        ref={launcher}
        type="button"
        class="launcher"
        data-testid="launcher"
        aria-expanded={open}
        aria-haspopup="dialog"
        aria-label={open ? strings.close : unread > 0 ? strings.openUnread(unread) : strings.open}
        onClick={() => change(!open)}
      >
        <ChatIcon />
        <span class="launcher-words">{strings.open}</span>
        {unread > 0 && !open ? (
          <span class="badge" data-testid="unread">
            {unread}
          </span>
        ) : null}
      </button>
    </div>
  );
}
