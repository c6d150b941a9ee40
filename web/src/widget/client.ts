/**
 * The widget's side of the conversation: one connection, one session, one state that the panel draws.
 * What the panel shows about who is speaking comes from `session_state` alone, never from what was pressed.
 */
import type { ErrorCode, Feedback, QuickReply, Sender, SessionState } from "../protocol";
import { newId } from "../shared/ids";
import * as outboxes from "../shared/outbox";
import type { KeyValue } from "../shared/storage";
import { Store } from "../shared/store";
import type { Link, OpenWire, Wire } from "../shared/wire-socket";
import { isObject, number, readChatMessage, readError, readSentAck, readSessionState, text } from "../wire";
import { readStored, type SessionMemory } from "./session-memory";
import * as threads from "./thread";

export interface ChatState {
  readonly connection: "idle" | "connecting" | "online" | "offline" | "refused";
  readonly refusal: string | null;
  readonly sessionId: string | null;
  readonly session: SessionState | null;
  readonly thread: threads.Thread;
  readonly outbox: outboxes.Outbox;
  readonly typing: Sender | null;
  /** A person was asked for, and the server has not answered yet. */
  readonly wantsPerson: boolean;
  readonly feedback: "none" | "sending" | "sent" | "failed" | "skipped";
  /** A command that the server refused or did not answer; shown as an alert. */
  readonly trouble: ErrorCode | null;
  /** Messages of others after this seq are unread; null while the customer is looking. */
  readonly awaySince: number | null;
  /** The "new messages" line stands after this seq. */
  readonly dividerAfter: number | null;
}

const START: ChatState = {
  connection: "idle",
  refusal: null,
  sessionId: null,
  session: null,
  thread: threads.EMPTY,
  outbox: [],
  typing: null,
  wantsPerson: false,
  feedback: "none",
  trouble: null,
  awaySince: null,
  dividerAfter: null,
};

/** A missing message may be the acknowledgement that is just on its way; a real gap is still there after this. */
export const GAP_PATIENCE_MS = 1_200;
const SESSION_AGAIN_MS = 5_000;
const TYPING_SHOWN_MS = 12_000;
const TYPING_EVERY_MS = 3_000;

export interface ChatOptions {
  server: string;
  token: string | null;
  locale: string;
  openWire: OpenWire;
  memory: SessionMemory;
  /** Of this tab only: the outbox lives here. */
  tab: KeyValue;
}

export class ChatClient {
  readonly state = new Store<ChatState>(START);
  private readonly wire: Wire;
  private readonly outboxKey: string;
  private confirmed = false;
  private gapTimer: ReturnType<typeof setTimeout> | undefined;
  private sessionTimer: ReturnType<typeof setTimeout> | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private stoppedTypingTimer: ReturnType<typeof setTimeout> | undefined;
  private typingSentAt = 0;
  private receiptSent = 0;

  constructor(private readonly options: ChatOptions) {
    this.outboxKey = `${options.memory.key}:outbox`;
    this.patch({
      sessionId: options.memory.recall(),
      outbox: outboxes.load(options.tab.get(this.outboxKey)),
    });
    this.wire = options.openWire({
      server: options.server,
      namespace: "/",
      auth: () => ({ ...(options.token ? { token: options.token } : {}), locale: options.locale }),
    });
    this.wire.onLink((link) => this.linked(link));
    this.wire.on("session_confirm", (payload) => this.onConfirm(payload));
    this.wire.on("session_state", (payload) => this.onState(payload));
    this.wire.on("session_replayed", (payload) => this.onReplayed(payload));
    this.wire.on("bot_uttered", (payload) => this.onMessage(payload));
    this.wire.on("user_message", (payload) => this.onMessage(payload));
    this.wire.on("typing", (payload) => this.onTyping(payload));
  }

  // ------------------------------------------------------------ commands

  /** Connects; called when the panel opens, not when the page loads. */
  start(): void {
    if (this.state.get().connection !== "idle") return;
    this.patch({ connection: "connecting" });
    this.wire.open();
  }

  stop(): void {
    clearTimeout(this.gapTimer);
    clearTimeout(this.sessionTimer);
    clearTimeout(this.typingTimer);
    clearTimeout(this.stoppedTypingTimer);
    this.wire.close();
  }

  reconnect(): void {
    this.patch({ connection: "connecting", refusal: null });
    this.wire.close();
    this.wire.open();
  }

  say(message: string): void {
    const { sessionId } = this.state.get();
    const body = message.trim();
    if (body === "" || sessionId === null) return;
    const entry = { clientId: newId(), sessionId, text: body, at: new Date().toISOString(), event: "user_uttered" };
    this.setOutbox((outbox) => outboxes.enqueue(outbox, entry));
    this.patch({ dividerAfter: null, trouble: null });
    this.stopTyping();
    void this.flush();
  }

  choose(reply: QuickReply): void {
    if (reply.payload === "/request_person") this.requestPerson();
    else this.say(reply.payload);
  }

  tryAgain(clientId: string): void {
    this.setOutbox((outbox) => outboxes.retry(outbox, clientId));
    this.patch({ trouble: null });
    void this.flush();
  }

  discard(clientId: string): void {
    this.setOutbox((outbox) => outboxes.remove(outbox, clientId));
  }

  /** In every state: before the connection stands the wish is kept, after the end it opens a new conversation. */
  requestPerson(): void {
    this.patch({ wantsPerson: true, trouble: null });
    this.start();
    if (this.state.get().session?.mode === "closed") this.newConversation({ keepWish: true });
    else if (this.confirmed) void this.sendPersonRequest();
  }

  stayWithAssistant(): void {
    void this.command("handoff_cancel", {});
  }

  end(): void {
    void this.command("session_end", {});
  }

  async giveFeedback(feedback: Feedback): Promise<void> {
    this.patch({ feedback: "sending" });
    const error = await this.command("feedback", feedback);
    this.patch({ feedback: error ? "failed" : "sent" });
  }

  skipFeedback(): void {
    this.patch({ feedback: "skipped" });
  }

  newConversation({ keepWish = false } = {}): void {
    this.options.memory.forget();
    const { connection, outbox } = this.state.get();
    this.patch({ ...START, connection, outbox, wantsPerson: keepWish });
    this.requestSession();
  }

  /** Another tab of this customer moved to another session: follow it. */
  follow(stored: string | null): void {
    const { id } = readStored(stored);
    if (id === null || id === this.state.get().sessionId) return;
    this.forgetThread(id);
    this.requestSession();
  }

  /** The customer looks at the conversation, or away from it. */
  look(looking: boolean): void {
    const { awaySince, thread, dividerAfter } = this.state.get();
    const last = threads.lastSeq(thread);
    if (!looking && awaySince === null) this.patch({ awaySince: last, dividerAfter: last });
    if (looking && awaySince !== null) {
      const anythingNew = dividerAfter !== null && threads.unreadAfter(thread, dividerAfter).length > 0;
      this.patch({ awaySince: null, dividerAfter: anythingNew && dividerAfter > 0 ? dividerAfter : null });
    }
    this.sendReceipt();
  }

  /** A key was pressed in the composer. */
  typed(): void {
    const now = Date.now();
    clearTimeout(this.stoppedTypingTimer);
    this.stoppedTypingTimer = setTimeout(() => this.stopTyping(), TYPING_EVERY_MS + 1_000);
    if (now - this.typingSentAt < TYPING_EVERY_MS) return;
    this.typingSentAt = now;
    this.wire.send("typing", { sender: "customer", on: true });
  }

  clearTrouble(): void {
    this.patch({ trouble: null });
  }

  // ------------------------------------------------------------ what arrives

  private linked(link: Link): void {
    if (link.kind === "up") {
      this.patch({ connection: "online", refusal: null });
      this.requestSession();
      return;
    }
    this.confirmed = false;
    this.setOutbox(outboxes.interrupted);
    if (link.kind === "refused") this.patch({ connection: "refused", refusal: link.code, typing: null });
    else this.patch({ connection: "offline", typing: null });
  }

  private requestSession(): void {
    clearTimeout(this.sessionTimer);
    const { sessionId, thread, session } = this.state.get();
    // What has ended stays to be read, until the customer asks for a new conversation.
    if (session?.mode === "closed") return;
    this.confirmed = false;
    void this.command("session_request", {
      ...(sessionId === null ? {} : { session_id: sessionId, last_seq: thread.contiguous }),
      locale: this.options.locale,
    }).then((error) => {
      if (error === null || !this.wire.connected) return;
      this.sessionTimer = setTimeout(() => this.requestSession(), SESSION_AGAIN_MS);
    });
  }

  private onConfirm(payload: unknown): void {
    const id = text(payload) ?? (isObject(payload) ? text(payload["session_id"]) : undefined);
    if (!id) return;
    if (id !== this.state.get().sessionId) this.forgetThread(id);
    this.options.memory.remember(id);
    this.setOutbox((outbox) => outboxes.rehome(outbox, id));
    this.confirmed = true;
    if (this.state.get().wantsPerson) void this.sendPersonRequest();
    void this.flush();
  }

  private onState(payload: unknown): void {
    const session = readSessionState(payload);
    const before = this.state.get().session;
    // An older epoch can only be a straggler.
    if (session === null || (before !== null && session.epoch < before.epoch)) return;
    const answered = session.mode === "queued" || session.mode === "human";
    this.patch({
      session,
      ...(answered ? { wantsPerson: false } : {}),
      ...(session.mode === before?.mode ? {} : { typing: null }),
    });
  }

  private onMessage(payload: unknown): void {
    const message = readChatMessage(payload);
    if (message === null) return;
    const before = this.state.get().thread;
    const thread = threads.add(before, message);
    if (thread === before) return;
    this.patch({ thread, ...(message.sender === "customer" ? {} : { typing: null }) });
    const { clientId } = message;
    if (clientId !== undefined) this.setOutbox((outbox) => outboxes.remove(outbox, clientId));
    this.watchGap();
    this.sendReceipt();
  }

  private onReplayed(payload: unknown): void {
    const seq = isObject(payload) ? number(payload["last_seq"]) : undefined;
    if (seq !== undefined) this.patch({ thread: threads.replayed(this.state.get().thread, seq) });
  }

  private onTyping(payload: unknown): void {
    if (!isObject(payload)) return;
    const sender = text(payload["sender"]);
    clearTimeout(this.typingTimer);
    if (payload["on"] === false || (sender !== "ai" && sender !== "agent")) {
      this.patch({ typing: null });
      return;
    }
    this.patch({ typing: sender });
    this.typingTimer = setTimeout(() => this.patch({ typing: null }), TYPING_SHOWN_MS);
  }

  // ------------------------------------------------------------ how it goes out

  private async flush(): Promise<void> {
    if (!this.confirmed) return;
    const entry = outboxes.next(this.state.get().outbox);
    if (entry === undefined) return;
    this.setOutbox((outbox) => outboxes.sending(outbox, entry.clientId));
    try {
      const ack = readSentAck(
        await this.wire.request("user_uttered", {
          session_id: entry.sessionId,
          message: entry.text,
          client_id: entry.clientId,
        }),
      );
      if ("error" in ack) this.refuse(entry.clientId, ack.error.code);
      else this.accept(entry, ack);
    } catch {
      // Broken connection: `linked` put it back in the queue. Silence on a living one: say so.
      if (!this.confirmed) return;
      this.refuse(entry.clientId, "timeout");
    }
    void this.flush();
  }

  private accept(entry: outboxes.Unsent, ack: { id: string; seq: number; text?: string }): void {
    if (entry.sessionId === this.state.get().sessionId) {
      const thread = threads.add(this.state.get().thread, {
        id: ack.id,
        seq: ack.seq,
        at: entry.at,
        sender: "customer",
        text: ack.text ?? entry.text, // as it was stored: secrets are masked, on her own screen too
        clientId: entry.clientId,
      });
      this.patch({ thread });
      this.options.memory.remember(entry.sessionId);
    }
    this.setOutbox((outbox) => outboxes.remove(outbox, entry.clientId));
    this.watchGap();
  }

  private refuse(clientId: string, code: ErrorCode): void {
    this.setOutbox((outbox) => outboxes.failed(outbox, clientId, code));
  }

  private async sendPersonRequest(): Promise<void> {
    const error = await this.command("human_request", {});
    // `wrong_state`: a person or a place in the line is already there; the state says which.
    if (error) this.patch({ wantsPerson: false, ...(error === "wrong_state" ? { trouble: null } : {}) });
    else if (this.state.get().session?.mode !== "ai") this.patch({ wantsPerson: false });
  }

  private async command(event: string, payload: object): Promise<ErrorCode | null> {
    this.patch({ trouble: null });
    let code: ErrorCode | null;
    try {
      code = readError(await this.wire.request(event, payload))?.code ?? null;
    } catch {
      code = this.wire.connected ? "timeout" : "offline";
    }
    if (code !== null) this.patch({ trouble: code });
    return code;
  }

  private sendReceipt(): void {
    const { awaySince, thread } = this.state.get();
    if (awaySince !== null || thread.contiguous <= this.receiptSent || !this.confirmed) return;
    this.receiptSent = thread.contiguous;
    this.wire.send("receipt", { seq: thread.contiguous });
  }

  private stopTyping(): void {
    clearTimeout(this.stoppedTypingTimer);
    if (this.typingSentAt === 0) return;
    this.typingSentAt = 0;
    this.wire.send("typing", { sender: "customer", on: false });
  }

  private watchGap(): void {
    clearTimeout(this.gapTimer);
    if (!threads.hasGap(this.state.get().thread)) return;
    this.gapTimer = setTimeout(() => {
      if (threads.hasGap(this.state.get().thread)) this.requestSession();
    }, GAP_PATIENCE_MS);
  }

  private forgetThread(sessionId: string): void {
    this.receiptSent = 0;
    this.patch({
      sessionId,
      session: null,
      thread: threads.EMPTY,
      typing: null,
      feedback: "none",
      dividerAfter: null,
      ...(this.state.get().awaySince === null ? {} : { awaySince: 0 }),
    });
  }

  private setOutbox(change: (outbox: outboxes.Outbox) => outboxes.Outbox): void {
    const before = this.state.get().outbox;
    const outbox = change(before);
    if (outbox === before) return;
    this.patch({ outbox });
    this.options.tab.set(this.outboxKey, outboxes.save(outbox));
  }

  private patch(change: Partial<ChatState>): void {
    this.state.update((state) => ({ ...state, ...change }));
  }
}
