import { useEffect, useMemo, useState } from "preact/hooks";
import type { KeyValue } from "../../shared/storage";
import { webStorage } from "../../shared/storage";
import { useStore } from "../../shared/store";
import { openSocket } from "../../shared/wire-socket";
import { DeskClient } from "../client";
import { Ringer } from "../ring";
import type { Account } from "../sign-in";
import { badge, mine, waiting } from "../state";
import { Conversation } from "./conversation";
import { Facts } from "./facts";
import { Help } from "./help";
import { Live } from "./live";
import { Notices } from "./notices";
import { Rail } from "./rail";

export type Route = "desk" | "live";

const MUTED_KEY = "candour:desk:muted";

function routeOf(hash: string): Route {
  return hash.startsWith("#/live") ? "live" : "desk";
}

export function Desk({ account, tab, onLeave }: { account: Account; tab: KeyValue; onLeave: (why: string) => void }) {
  const local = useMemo(() => webStorage("local"), []);
  const ringer = useMemo(() => new Ringer(local.get(MUTED_KEY) === "yes"), [local]);
  const client = useMemo(
    () =>
      new DeskClient({
        token: account.token,
        role: account.role,
        server: window.location.origin,
        openWire: openSocket,
        tab,
        onRing: (kind, words) => ringer.ring(kind, words),
        onSignedOut: () => onLeave("Your sign-in has expired. Please sign in again."),
        isLooking: () => document.visibilityState === "visible" && document.hasFocus(),
      }),
    [account],
  );
  const state = useStore(client.state);
  const [route, setRoute] = useState<Route>(() => routeOf(window.location.hash));
  const [help, setHelp] = useState(false);
  const [muted, setMuted] = useState(ringer.muted);

  useEffect(() => {
    client.start();
    return () => client.stop();
  }, [client]);

  useEffect(() => {
    const onHash = () => setRoute(routeOf(window.location.hash));
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, []);

  useEffect(() => {
    document.title = badge(state);
  }, [state.unread, state.queue]);

  // Coming back to the tab is looking at the open conversation.
  useEffect(() => {
    const onFocus = () => void client.open(client.state.get().open);
    window.addEventListener("focus", onFocus);
    return () => window.removeEventListener("focus", onFocus);
  }, [client]);

  const mute = () => {
    ringer.muted = !muted;
    local.set(MUTED_KEY, ringer.muted ? "yes" : "no");
    setMuted(ringer.muted);
  };

  const openInDesk = (sessionId: string) => {
    window.location.hash = "#/desk";
    void client.open(sessionId);
  };

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog");
      if (event.key === "?" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        setHelp(true);
        return;
      }
      if (!event.altKey || event.ctrlKey || event.metaKey) return;
      const number = /^Digit([1-9])$/.exec(event.code)?.[1];
      const now = client.state.get();
      if (number !== undefined) {
        const session = mine(now)[Number(number) - 1];
        if (session) openInDesk(session.sessionId);
      } else if (event.code === "KeyN") {
        const first = waiting(now)[0];
        if (first) void client.claim(first.sessionId);
        window.location.hash = "#/desk";
      } else if (event.code === "KeyR") {
        document.querySelector<HTMLElement>("#composer")?.focus();
      } else if (event.code === "KeyM") {
        mute();
      } else if (event.code === "KeyL" && client.readsAlong) {
        window.location.hash = "#/live";
      } else if (event.code === "KeyD") {
        window.location.hash = "#/desk";
      } else {
        return;
      }
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [client, muted]);

  const session = state.open === null ? undefined : state.sessions[state.open];
  const showLive = route === "live" && client.readsAlong;

  return (
    <div class={`desk${showLive ? " desk-live" : ""}${session ? " desk-open" : ""}`} data-testid="desk" data-link={state.link}>
      <Rail
        client={client}
        state={state}
        route={showLive ? "live" : "desk"}
        muted={muted}
        onMute={mute}
        onHelp={() => setHelp(true)}
        onLeave={() => {
          void client.setPresence("offline").finally(() => onLeave(""));
        }}
        onOpen={openInDesk}
      />
      <main class="stage">
        <Notices client={client} state={state} onOpen={openInDesk} />
        {showLive ? (
          <Live client={client} state={state} />
        ) : (
          <Conversation key={session?.sessionId ?? "none"} client={client} state={state} session={session} />
        )}
      </main>
      {session ? <Facts client={client} state={state} session={session} /> : null}
      {help ? <Help oversees={client.readsAlong} onClose={() => setHelp(false)} /> : null}
    </div>
  );
}
