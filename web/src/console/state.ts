/**
 * What the desk knows, as one value, and what each thing from the wire does to it. Pure: a message or state that
 * was seen before changes nothing, an older one never replaces a newer one.
 */
import type { Alert, Assist, DeskAgent, DeskEntry, DeskSession, Sender } from "../protocol";
import { PRIORITIES } from "../protocol";
import type { Outbox } from "../shared/outbox";
import { remove } from "../shared/outbox";

export interface Notice {
  id: number;
  text: string;
  urgent: boolean;
  sessionId?: string;
}

export interface Stop {
  scope: string;
  value: string;
  reason: string;
}

export interface DeskState {
  readonly link: "connecting" | "online" | "offline" | "refused";
  readonly me: DeskAgent | null;
  readonly colleagues: readonly DeskAgent[];
  readonly loaded: boolean;
  readonly sessions: Readonly<Record<string, DeskSession>>;
  readonly queue: readonly string[];
  readonly live: readonly string[];
  readonly entries: Readonly<Record<string, readonly DeskEntry[]>>;
  readonly unread: Readonly<Record<string, number>>;
  readonly typing: Readonly<Record<string, Sender>>;
  readonly assist: Readonly<Record<string, Assist>>;
  readonly outbox: Outbox;
  readonly notices: readonly Notice[];
  readonly stops: readonly Stop[];
  /** The conversation in the middle of the screen. */
  readonly open: string | null;
}

export const START: DeskState = {
  link: "connecting",
  me: null,
  colleagues: [],
  loaded: false,
  sessions: {},
  queue: [],
  live: [],
  entries: {},
  unread: {},
  typing: {},
  assist: {},
  outbox: [],
  notices: [],
  stops: [],
  open: null,
};

// ---------------------------------------------------------------- sessions

/** A session as it is now. The message that came last stays known where the newer state does not carry it. */
export function withSession(state: DeskState, session: DeskSession): DeskState {
  const known = state.sessions[session.sessionId];
  if (known && known.version > session.version) return state;
  const merged = session.lastMessage || !known?.lastMessage ? session : { ...session, lastMessage: known.lastMessage };
  const id = session.sessionId;
  const without = (ids: readonly string[]) => (ids.includes(id) ? ids.filter((other) => other !== id) : ids);
  return {
    ...state,
    sessions: { ...state.sessions, [id]: merged },
    queue: merged.mode === "queued" ? state.queue : without(state.queue),
    live: merged.mode === "ai" ? state.live : without(state.live),
    // Who waits no longer need not be called any more.
    notices:
      known?.mode === "queued" && merged.mode !== "queued"
        ? state.notices.filter((notice) => notice.sessionId !== id)
        : state.notices,
  };
}

export function withSessions(state: DeskState, sessions: readonly DeskSession[]): DeskState {
  return sessions.reduce(withSession, state);
}

/** The whole queue, as the server has it; what is not in it no longer waits, and need not be called for. */
export function withQueue(state: DeskState, sessions: readonly DeskSession[]): DeskState {
  const next = withSessions(state, sessions);
  const queue = sessions.map((session) => session.sessionId).filter((id) => next.sessions[id]?.mode === "queued");
  const gone = next.queue.filter((id) => !queue.includes(id));
  const notices = next.notices.filter((notice) => !gone.some((id) => id === notice.sessionId));
  return { ...next, queue, notices, loaded: true };
}

/** AI conversations that began, moved or ended; the others stay as they are. */
export function withLive(state: DeskState, sessions: readonly DeskSession[]): DeskState {
  const next = withSessions(state, sessions);
  const begun = sessions
    .map((session) => session.sessionId)
    .filter((id) => next.sessions[id]?.mode === "ai" && !next.live.includes(id));
  return begun.length === 0 ? next : { ...next, live: [...next.live, ...begun] };
}

/** In the order in which the server would serve them, which includes how long they have waited. */
export function waiting(state: DeskState): DeskSession[] {
  return state.queue
    .map((id) => state.sessions[id])
    .filter((session): session is DeskSession => session !== undefined)
    .sort(
      (a, b) =>
        (a.position ?? Number.MAX_SAFE_INTEGER) - (b.position ?? Number.MAX_SAFE_INTEGER) ||
        PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) ||
        (a.queuedAt ?? "").localeCompare(b.queuedAt ?? ""),
    );
}

export function isMine(state: DeskState, session: DeskSession | undefined): boolean {
  return (
    session !== undefined &&
    state.me !== null &&
    session.agent?.id === state.me.id &&
    (session.mode === "human" || session.mode === "wrap_up")
  );
}

export function mine(state: DeskState): DeskSession[] {
  return Object.values(state.sessions)
    .filter((session) => isMine(state, session))
    .sort((a, b) => (a.openedAt ?? "").localeCompare(b.openedAt ?? ""));
}

export function liveSessions(state: DeskState): DeskSession[] {
  return state.live
    .map((id) => state.sessions[id])
    .filter((session): session is DeskSession => session !== undefined)
    .sort((a, b) => (b.lastMessage?.at ?? b.openedAt ?? "").localeCompare(a.lastMessage?.at ?? a.openedAt ?? ""));
}

// ---------------------------------------------------------------- messages

function inOrder(a: DeskEntry, b: DeskEntry): number {
  return a.version - b.version || (a.seq ?? 0) - (b.seq ?? 0);
}

function merge(known: readonly DeskEntry[], entry: DeskEntry): readonly DeskEntry[] {
  if (known.some((other) => other.id === entry.id && other.kind === entry.kind)) return known;
  const last = known.at(-1);
  if (last === undefined || inOrder(last, entry) <= 0) return [...known, entry];
  return [...known, entry].sort(inOrder);
}

/** A message that came in. Counts as unread when it is a customer's, in my conversation, and not on the screen. */
export function withEntry(state: DeskState, entry: DeskEntry, { looking = true } = {}): DeskState {
  const id = entry.sessionId;
  const known = state.entries[id] ?? [];
  const entries = merge(known, entry);
  const outbox = entry.clientId === undefined ? state.outbox : remove(state.outbox, entry.clientId);
  if (entries === known) return outbox === state.outbox ? state : { ...state, outbox };
  const session = state.sessions[id];
  const seen = state.open === id && looking;
  const counts = entry.sender === "customer" && entry.kind === "message" && isMine(state, session) && !seen;
  const { [id]: _, ...otherTyping } = state.typing;
  return {
    ...state,
    outbox,
    entries: { ...state.entries, [id]: entries },
    unread: counts ? { ...state.unread, [id]: (state.unread[id] ?? 0) + 1 } : state.unread,
    typing: entry.sender === state.typing[id] ? otherTyping : state.typing,
    sessions:
      session && entry.kind === "message" && entry.seq !== null
        ? { ...state.sessions, [id]: { ...session, lastMessage: { text: entry.text, sender: entry.sender, at: entry.at } } }
        : state.sessions,
  };
}

/** The whole thread as the server has it, joined with what came in while it was on its way. */
export function withThread(state: DeskState, session: DeskSession, entries: readonly DeskEntry[]): DeskState {
  const next = withSession(state, session);
  const known = next.entries[session.sessionId] ?? [];
  return {
    ...next,
    entries: { ...next.entries, [session.sessionId]: known.reduce(merge, [...entries].sort(inOrder)) },
    outbox: entries.reduce((outbox, entry) => (entry.clientId ? remove(outbox, entry.clientId) : outbox), next.outbox),
  };
}

export function opened(state: DeskState, sessionId: string | null): DeskState {
  if (sessionId === null) return { ...state, open: null };
  const { [sessionId]: _, ...unread } = state.unread;
  return { ...state, open: sessionId, unread };
}

export function withTyping(state: DeskState, sessionId: string, sender: Sender, on: boolean): DeskState {
  const { [sessionId]: _, ...rest } = state.typing;
  return { ...state, typing: on ? { ...rest, [sessionId]: sender } : rest };
}

export function withAssist(state: DeskState, assist: Assist): DeskState {
  return { ...state, assist: { ...state.assist, [assist.sessionId]: assist } };
}

// ---------------------------------------------------------------- notices

const MAX_NOTICES = 4;

export function withNotice(state: DeskState, notice: Omit<Notice, "id">): DeskState {
  const id = (state.notices.at(-1)?.id ?? 0) + 1;
  const others = state.notices.filter((other) => other.sessionId === undefined || other.sessionId !== notice.sessionId);
  return { ...state, notices: [...others, { ...notice, id }].slice(-MAX_NOTICES) };
}

export function withoutNotice(state: DeskState, id: number): DeskState {
  return { ...state, notices: state.notices.filter((notice) => notice.id !== id) };
}

export function isUrgent(alert: Alert): boolean {
  return alert.priority === "life_safety" || alert.priority === "fraud" || alert.kind === "ai_unavailable";
}

// ---------------------------------------------------------------- counts

export function unreadCount(state: DeskState): number {
  return Object.values(state.unread).reduce((sum, count) => sum + count, 0);
}

/** For the tab's title: what waits for this agent. */
export function badge(state: DeskState): string {
  const unread = unreadCount(state);
  const queued = state.queue.length;
  const parts = [unread > 0 ? `${unread} new` : "", queued > 0 ? `${queued} waiting` : ""].filter(Boolean);
  return parts.length > 0 ? `(${parts.join(", ")}) Candour desk` : "Candour desk";
}
