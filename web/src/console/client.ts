/** The desk's connection: what the server tells goes into the state, what the agent does goes to the server. */
import type { Assist, DeskEntry, Presence, WireError } from "../protocol";
import { newId } from "../shared/ids";
import * as outboxes from "../shared/outbox";
import type { KeyValue } from "../shared/storage";
import { Store } from "../shared/store";
import type { Link, OpenWire, Wire } from "../shared/wire-socket";
import {
  isObject,
  readAgent,
  readAgents,
  readAlert,
  readAssist,
  readDeskEntries,
  readDeskEntry,
  readDeskSession,
  readDeskSessions,
  readError,
  text,
} from "../wire";
import * as desk from "./state";
import { alertText, errorText, waitingText } from "./words";

export type Ring = "urgent" | "handoff" | "message";

export interface DeskOptions {
  token: string;
  role: string;
  server: string;
  openWire: OpenWire;
  /** Of this tab: presence, outbox and open conversations outlive a reload. */
  tab: KeyValue;
  onRing: (ring: Ring, words: string) => void;
  onSignedOut: () => void;
  isLooking: () => boolean;
}

const PRESENCE_KEY = "candour:desk:presence";
const OUTBOX_KEY = "candour:desk:outbox";
const HELD_KEY = "candour:desk:held";
const TYPING_EVERY_MS = 3_000;
const TYPING_SHOWN_MS = 8_000;

/** What each role is shown; the server decides again on every command. */
const TALKS: readonly string[] = ["agent", "supervisor"];
const READS_ALONG: readonly string[] = ["supervisor", "auditor", "designer"];
const SEES_QUEUE: readonly string[] = ["agent", "supervisor", "auditor"];

export class DeskClient {
  readonly state = new Store<desk.DeskState>(desk.START);
  private readonly wire: Wire;
  private readonly typingTimers = new Map<string, ReturnType<typeof setTimeout>>();
  private typingSentAt = 0;
  private watched = new Set<string>();

  constructor(private readonly options: DeskOptions) {
    this.state.update((state) => ({ ...state, outbox: outboxes.load(options.tab.get(OUTBOX_KEY)) }));
    for (const id of (options.tab.get(HELD_KEY) ?? "").split(",").filter(Boolean)) this.watched.add(id);
    this.wire = options.openWire({ server: options.server, namespace: "/desk", auth: () => ({ token: options.token }) });
    this.wire.onLink((link) => this.linked(link));
    this.wire.on("queue_changed", (payload) => this.change((state) => desk.withQueue(state, readDeskSessions(payload))));
    this.wire.on("live_changed", (payload) => this.change((state) => desk.withLive(state, readDeskSessions(payload))));
    this.wire.on("state", (payload) => this.onState(payload));
    this.wire.on("offered", (payload) => this.onOffered(payload));
    this.wire.on("presence_changed", (payload) => this.change((state) => ({ ...state, me: readAgent(payload) ?? state.me })));
    this.wire.on("message", (payload) => this.onMessage(payload));
    this.wire.on("assist", (payload) => this.onAssist(payload));
    this.wire.on("typing", (payload) => this.onTyping(payload));
    this.wire.on("stops_changed", (payload) => this.takeStops(payload));
    this.wire.on("alert", (payload) => this.onAlert(payload));
  }

  start(): void {
    this.wire.open();
  }

  stop(): void {
    for (const timer of this.typingTimers.values()) clearTimeout(timer);
    this.wire.close();
  }

  reconnect(): void {
    this.change((state) => ({ ...state, link: "connecting" }));
    this.wire.close();
    this.wire.open();
  }

  get role(): string {
    return this.options.role;
  }

  /** Talks to customers: has a presence, claims, writes. */
  get talks(): boolean {
    return TALKS.includes(this.role);
  }

  /** Sees the AI's conversations. */
  get readsAlong(): boolean {
    return READS_ALONG.includes(this.role);
  }

  /** May take over, stop the AI and whisper. */
  get oversees(): boolean {
    return this.role === "supervisor";
  }

  // ------------------------------------------------------------ commands

  async setPresence(status: Presence): Promise<void> {
    this.options.tab.set(PRESENCE_KEY, status);
    const answer = await this.request("presence", { status });
    if ("error" in answer) this.complain(answer.error);
    else this.takePresence(answer.ok);
  }

  /** Who is there to be handed a conversation. */
  async refreshColleagues(): Promise<void> {
    const answer = await this.request("presence", {});
    if ("ok" in answer) this.takePresence(answer.ok);
  }

  private takePresence(ok: Record<string, unknown>): void {
    this.change((state) => ({
      ...desk.withSessions(state, readDeskSessions(ok)),
      me: readAgent(ok["agent"]) ?? state.me,
      colleagues: readAgents(ok["agents"]),
    }));
  }

  async open(sessionId: string | null): Promise<void> {
    const before = this.state.get();
    this.change((state) => desk.opened(state, sessionId));
    const left = before.open;
    if (left !== null && left !== sessionId && this.watched.has(left) && !desk.isMine(before, before.sessions[left])) {
      this.watched.delete(left);
      void this.request("unwatch", { session_id: left });
    }
    if (sessionId !== null && !this.watched.has(sessionId)) await this.watch(sessionId);
  }

  async claim(sessionId: string): Promise<boolean> {
    return this.enter("claim", { session_id: sessionId });
  }

  async takeOver(sessionId: string, reason: string): Promise<boolean> {
    return this.enter("take_over", { session_id: sessionId, reason });
  }

  /** `say` reaches the customer; `note` and `whisper` stay among the staff. */
  write(event: "say" | "note" | "whisper", sessionId: string, body: string): void {
    const entry = { clientId: newId(), sessionId, text: body.trim(), at: new Date().toISOString(), event };
    if (entry.text === "") return;
    this.setOutbox((outbox) => outboxes.enqueue(outbox, entry));
    this.typingSentAt = 0;
    void this.flush(sessionId);
  }

  tryAgain(clientId: string): void {
    const entry = this.state.get().outbox.find((other) => other.clientId === clientId);
    this.setOutbox((outbox) => outboxes.retry(outbox, clientId));
    if (entry) void this.flush(entry.sessionId);
  }

  discard(clientId: string): void {
    this.setOutbox((outbox) => outboxes.remove(outbox, clientId));
  }

  typed(sessionId: string): void {
    const now = Date.now();
    if (now - this.typingSentAt < TYPING_EVERY_MS) return;
    this.typingSentAt = now;
    this.wire.send("typing", { session_id: sessionId, on: true });
  }

  /** Commands that only succeed or fail; what they change comes back as state. */
  async act(event: string, payload: Record<string, unknown>): Promise<WireError | null> {
    const answer = await this.request(event, payload);
    if ("error" in answer) {
      this.complain(answer.error);
      return answer.error;
    }
    const session = readDeskSession(answer.ok["state"]);
    if (session) this.change((state) => desk.withSession(state, session));
    return null;
  }

  async stopAi(scope: string, value: string, on: boolean, reason: string): Promise<WireError | null> {
    const answer = await this.request("stop_ai", { scope: { kind: scope, value }, on, reason });
    if ("error" in answer) {
      this.complain(answer.error);
      return answer.error;
    }
    this.takeStops(answer.ok);
    return null;
  }

  dismiss(noticeId: number): void {
    this.change((state) => desk.withoutNotice(state, noticeId));
  }

  // ------------------------------------------------------------ what arrives

  private linked(link: Link): void {
    if (link.kind === "up") {
      this.change((state) => ({ ...state, link: "online" }));
      void this.resume();
      return;
    }
    this.setOutbox(outboxes.interrupted);
    if (link.kind === "refused") {
      this.change((state) => ({ ...state, link: "refused" }));
      if (link.code === "token_invalid" || link.code === "token_expired") this.options.onSignedOut();
    } else {
      this.change((state) => ({ ...state, link: "offline", typing: {} }));
    }
  }

  /** After every connect, also the first: say who is here, fetch what was missed, send what waits. */
  private async resume(): Promise<void> {
    const stored = this.options.tab.get(PRESENCE_KEY) as Presence | null;
    const again = new Set([...this.watched, ...desk.mine(this.state.get()).map((session) => session.sessionId)]);
    const { open } = this.state.get();
    if (open !== null) again.add(open);
    this.watched = new Set();
    if (this.talks) await this.setPresence(stored ?? (this.role === "agent" ? "available" : "away"));
    if (SEES_QUEUE.includes(this.role)) {
      const queue = await this.request("queue", {});
      if ("ok" in queue) this.change((state) => desk.withQueue(state, readDeskSessions(queue.ok)));
      for (const session of desk.mine(this.state.get())) again.add(session.sessionId);
    }
    if (this.readsAlong) {
      const live = await this.request("live", {});
      if ("ok" in live) this.change((state) => desk.withLive({ ...state, live: [] }, readDeskSessions(live.ok)));
    }
    const stops = await this.request("stops", {});
    if ("ok" in stops) this.takeStops(stops.ok);
    for (const id of again) await this.watch(id, { quietly: true });
    for (const id of new Set(this.state.get().outbox.map((entry) => entry.sessionId))) void this.flush(id);
  }

  private takeStops(payload: unknown): void {
    const stops = isObject(payload) ? readStops(payload["stops"]) : null;
    if (stops) this.change((state) => ({ ...state, stops }));
  }

  private async watch(sessionId: string, { quietly = false } = {}): Promise<void> {
    // Marked first: what is said between the server's answer and its arrival here is kept, and joined with it.
    this.watched.add(sessionId);
    const answer = await this.request("watch", { session_id: sessionId });
    if ("error" in answer) {
      this.watched.delete(sessionId);
      if (!quietly) this.complain(answer.error);
      return;
    }
    this.take(answer.ok);
  }

  private async enter(event: "claim" | "take_over", payload: { session_id: string; reason?: string }): Promise<boolean> {
    const already = this.watched.has(payload.session_id);
    this.watched.add(payload.session_id);
    const answer = await this.request(event, payload);
    if ("error" in answer) {
      if (!already) this.watched.delete(payload.session_id);
      this.complain(answer.error);
      return false;
    }
    this.take(answer.ok);
    this.change((state) => desk.opened(state, payload.session_id));
    return true;
  }

  private take(ok: Record<string, unknown>): void {
    const session = readDeskSession(ok["state"]);
    if (!session) return;
    this.change((state) => desk.withThread(state, session, readDeskEntries(ok["messages"])));
    this.onAssist(ok["assist"]);
    this.rememberHeld();
  }

  private onState(payload: unknown): void {
    const session = readDeskSession(payload);
    if (!session) return;
    this.change((state) => {
      const next = desk.withSession(state, session);
      // A session that starts to wait is shown at once; the full queue follows with `queue_changed`.
      const joins = next.sessions[session.sessionId]?.mode === "queued" && !next.queue.includes(session.sessionId);
      return joins ? { ...next, queue: [...next.queue, session.sessionId] } : next;
    });
    this.rememberHeld();
    const now = this.state.get();
    const assigned = desk.isMine(now, now.sessions[session.sessionId]) && !this.watched.has(session.sessionId);
    if (assigned) void this.watch(session.sessionId, { quietly: true });
  }

  /** A waiting customer this agent could take; usually told of by an alert a moment before. */
  private onOffered(payload: unknown): void {
    this.onState(payload);
    const id = readDeskSession(payload)?.sessionId;
    const session = id === undefined ? undefined : this.state.get().sessions[id];
    if (session?.mode !== "queued") return;
    const told = this.state.get().notices.some((notice) => notice.sessionId === session.sessionId);
    const urgent = session.priority === "life_safety" || session.priority === "fraud";
    this.change((state) => desk.withNotice(state, { text: waitingText(session), urgent, sessionId: session.sessionId }));
    if (!told) this.options.onRing(urgent ? "urgent" : "handoff", waitingText(session));
  }

  private onMessage(payload: unknown): void {
    const entry = readDeskEntry(payload);
    // Those who read along are sent every AI message; only what is on the screen is kept here.
    if (!entry || !this.watched.has(entry.sessionId)) return;
    const before = desk.unreadCount(this.state.get());
    this.change((state) => desk.withEntry(state, entry, { looking: this.options.isLooking() }));
    if (desk.unreadCount(this.state.get()) > before) this.options.onRing("message", this.describe(entry));
  }

  private describe(entry: DeskEntry): string {
    return `${entry.name || "The customer"} wrote`;
  }

  private onAssist(payload: unknown): void {
    const assist: Assist | null = readAssist(payload);
    if (assist) this.change((state) => desk.withAssist(state, assist));
  }

  private onTyping(payload: unknown): void {
    if (!isObject(payload)) return;
    const sessionId = text(payload["session_id"]);
    const sender = payload["sender"];
    if (!sessionId || (sender !== "customer" && sender !== "ai" && sender !== "agent")) return;
    clearTimeout(this.typingTimers.get(sessionId));
    const on = payload["on"] !== false;
    this.change((state) => desk.withTyping(state, sessionId, sender, on));
    if (!on) return;
    this.typingTimers.set(
      sessionId,
      setTimeout(() => this.change((state) => desk.withTyping(state, sessionId, sender, false)), TYPING_SHOWN_MS),
    );
  }

  private onAlert(payload: unknown): void {
    const alert = readAlert(payload);
    if (!alert) return;
    const session = alert.sessionId ? this.state.get().sessions[alert.sessionId] : undefined;
    // A message in one's own conversation is counted and rung by the message itself.
    if (alert.kind === "message") return;
    const words = alertText(alert, session);
    const urgent = desk.isUrgent(alert);
    this.change((state) => desk.withNotice(state, { text: words, urgent, ...(alert.sessionId ? { sessionId: alert.sessionId } : {}) }));
    this.options.onRing(urgent ? "urgent" : "handoff", words);
  }

  // ------------------------------------------------------------ how it goes out

  private async flush(sessionId: string): Promise<void> {
    if (!this.wire.connected) return;
    const entry = outboxes.next(this.state.get().outbox, sessionId);
    if (!entry) return;
    this.setOutbox((outbox) => outboxes.sending(outbox, entry.clientId));
    const answer = await this.request(entry.event, { session_id: sessionId, text: entry.text, client_id: entry.clientId });
    if ("ok" in answer) this.setOutbox((outbox) => outboxes.remove(outbox, entry.clientId));
    else if (answer.error.code === "offline") return;
    else this.setOutbox((outbox) => outboxes.failed(outbox, entry.clientId, answer.error.code));
    void this.flush(sessionId);
  }

  private async request(
    event: string,
    payload: Record<string, unknown>,
  ): Promise<{ ok: Record<string, unknown> } | { error: WireError }> {
    try {
      const answer = await this.wire.request(event, payload);
      const error = readError(answer);
      return error ? { error } : { ok: isObject(answer) ? answer : {} };
    } catch {
      return { error: { code: this.wire.connected ? "timeout" : "offline", message: "" } };
    }
  }

  private complain(error: WireError): void {
    this.change((state) => desk.withNotice(state, { text: errorText(error), urgent: false }));
  }

  private rememberHeld(): void {
    this.options.tab.set(HELD_KEY, desk.mine(this.state.get()).map((session) => session.sessionId).join(","));
  }

  private setOutbox(change: (outbox: outboxes.Outbox) => outboxes.Outbox): void {
    this.change((state) => ({ ...state, outbox: change(state.outbox) }));
    this.options.tab.set(OUTBOX_KEY, outboxes.save(this.state.get().outbox));
  }

  private change(to: (state: desk.DeskState) => desk.DeskState): void {
    this.state.update(to);
  }
}

function readStops(value: unknown): desk.Stop[] | null {
  if (!Array.isArray(value)) return null;
  return value.filter(isObject).map((item) => {
    const scope = isObject(item["scope"]) ? item["scope"] : {};
    return { scope: text(scope["kind"]) ?? "all", value: text(scope["value"]) ?? "", reason: text(item["reason"]) ?? "" };
  });
}
