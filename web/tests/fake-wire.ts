import type { Link, OpenWire, Wire } from "../src/shared/wire-socket";

/** Stands in for Socket.IO: tests play the server. Nothing is acknowledged until `answer` says how. */
export class FakeWire implements Wire {
  connected = false;
  auth: object = {};
  readonly sent: { event: string; payload: Record<string, unknown> }[] = [];
  answer: (event: string, payload: Record<string, unknown>) => unknown = () => ({ ok: true });
  private readonly handlers = new Map<string, (payload: unknown) => void>();
  private linkHandler: (change: Link) => void = () => undefined;

  readonly open_: OpenWire = ({ auth }) => {
    this.auth = auth();
    return this;
  };

  on(event: string, handler: (payload: unknown) => void): void {
    this.handlers.set(event, handler);
  }
  onLink(handler: (change: Link) => void): void {
    this.linkHandler = handler;
  }
  send(event: string, payload: unknown): void {
    if (this.connected) this.sent.push({ event, payload: payload as Record<string, unknown> });
  }
  async request(event: string, payload: unknown): Promise<unknown> {
    if (!this.connected) throw new Error("offline");
    this.sent.push({ event, payload: payload as Record<string, unknown> });
    return this.answer(event, payload as Record<string, unknown>);
  }
  open(): void {
    this.connected = true;
    this.linkHandler({ kind: "up" });
  }
  close(): void {
    this.connected = false;
  }

  /** The server sends. */
  emit(event: string, payload: unknown): void {
    this.handlers.get(event)?.(payload);
  }
  lose(): void {
    this.connected = false;
    this.linkHandler({ kind: "down" });
  }
  refuse(code: string): void {
    this.connected = false;
    this.linkHandler({ kind: "refused", code });
  }
  of(event: string): Record<string, unknown>[] {
    return this.sent.filter((one) => one.event === event).map((one) => one.payload);
  }
}

/** Lets all that was promised happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
