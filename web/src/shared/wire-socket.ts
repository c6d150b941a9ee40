/** Socket.IO behind a small interface, so that both clients can be tested without a network. */
import { io } from "socket.io-client";

export interface Wire {
  readonly connected: boolean;
  on(event: string, handler: (payload: unknown) => void): void;
  /** Connection events: "up", "down", "refused" (with the server's code), "unreachable". */
  onLink(handler: (change: Link) => void): void;
  send(event: string, payload: unknown): void;
  /** Resolves with the acknowledgement; rejects when none comes in time or the connection breaks. */
  request(event: string, payload: unknown): Promise<unknown>;
  open(): void;
  close(): void;
}

export type Link = { kind: "up" | "down" | "unreachable" } | { kind: "refused"; code: string };

export const ACK_TIMEOUT_MS = 10_000;

export type OpenWire = (options: { server: string; namespace: string; auth: () => object }) => Wire;

export const openSocket: OpenWire = ({ server, namespace, auth }) => {
  const socket = io(server.replace(/\/$/, "") + namespace, {
    autoConnect: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 8_000,
    randomizationFactor: 0.5,
    auth: (give) => give(auth()),
    // Each page keeps its own outbox; the library's buffer would send a second time.
    retries: 0,
  });
  return {
    get connected() {
      return socket.connected;
    },
    on: (event, handler) => void socket.on(event, handler),
    onLink(handler) {
      socket.on("connect", () => handler({ kind: "up" }));
      socket.on("disconnect", (reason) => {
        handler({ kind: "down" });
        // The library reconnects by itself, except where the server closed on purpose (a restart).
        if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1_000);
      });
      socket.on("connect_error", (error: Error & { data?: unknown }) => {
        if (socket.active) handler({ kind: "unreachable" });
        else handler({ kind: "refused", code: refusalCode(error) });
      });
    },
    send: (event, payload) => void (socket.connected && socket.emit(event, payload)),
    request: (event, payload) =>
      socket.connected
        ? (socket.timeout(ACK_TIMEOUT_MS).emitWithAck(event, payload) as Promise<unknown>)
        : Promise.reject(new Error("offline")),
    open: () => void socket.connect(),
    close: () => void socket.disconnect(),
  };
};

function refusalCode(error: Error & { data?: unknown }): string {
  const { data } = error;
  if (typeof data === "object" && data !== null && "code" in data && typeof data.code === "string") return data.code;
  return /^[a-z_]+$/.test(error.message) ? error.message : "refused";
}
