/**
 * Messages on their way to the server, in the order they were written. Pure, and used by both pages: the client
 * id of an entry never changes, so sending it again is harmless.
 */
import type { ErrorCode } from "../protocol";

export interface Unsent {
  readonly clientId: string;
  readonly sessionId: string;
  readonly text: string;
  readonly at: string;
  /** How it is sent: "say", or an event of the desk such as "note". */
  readonly event: string;
  readonly status: "waiting" | "sending" | "failed";
  readonly error?: ErrorCode;
}

export type Outbox = readonly Unsent[];

/** Errors that trying again cannot mend: the words themselves are refused. */
const FINAL: readonly ErrorCode[] = ["text_too_long", "text_empty", "text_invalid", "payload_invalid"];

export function mayRetry(entry: Unsent): boolean {
  return entry.error === undefined || !FINAL.includes(entry.error);
}

export function enqueue(outbox: Outbox, entry: Omit<Unsent, "status" | "error">): Outbox {
  if (outbox.some((other) => other.clientId === entry.clientId)) return outbox;
  return [...outbox, { ...entry, status: "waiting" }];
}

function change(outbox: Outbox, clientId: string, to: (entry: Unsent) => Unsent): Outbox {
  return outbox.map((entry) => (entry.clientId === clientId ? to(entry) : entry));
}

function waiting(entry: Unsent): Unsent {
  const { error: _, ...rest } = entry;
  return { ...rest, status: "waiting" };
}

export function sending(outbox: Outbox, clientId: string): Outbox {
  return change(outbox, clientId, (entry) => ({ ...waiting(entry), status: "sending" }));
}

export function failed(outbox: Outbox, clientId: string, error: ErrorCode): Outbox {
  return change(outbox, clientId, (entry) => ({ ...entry, status: "failed", error }));
}

export function retry(outbox: Outbox, clientId: string): Outbox {
  return change(outbox, clientId, waiting);
}

export function remove(outbox: Outbox, clientId: string): Outbox {
  const rest = outbox.filter((entry) => entry.clientId !== clientId);
  return rest.length === outbox.length ? outbox : rest;
}

/** The connection broke: what was in flight may or may not have arrived, and is sent again. */
export function interrupted(outbox: Outbox): Outbox {
  return outbox.map((entry) => (entry.status === "sending" ? waiting(entry) : entry));
}

/**
 * Next to be sent of a session: the oldest that waits, and only when none is in flight, so that the server
 * stores them in the order they were written.
 */
export function next(outbox: Outbox, sessionId?: string): Unsent | undefined {
  const own = sessionId === undefined ? outbox : outbox.filter((entry) => entry.sessionId === sessionId);
  if (own.some((entry) => entry.status === "sending")) return undefined;
  return own.find((entry) => entry.status === "waiting");
}

/**
 * The session ended before these were sent. They follow into the new one, but do not go by themselves: the
 * customer may be talking to someone else now.
 */
export function rehome(outbox: Outbox, sessionId: string): Outbox {
  return outbox.map((entry) =>
    entry.sessionId === sessionId ? entry : { ...entry, sessionId, status: "failed", error: "session_closed" },
  );
}

export function save(outbox: Outbox): string {
  return JSON.stringify(outbox);
}

export function load(stored: string | null): Outbox {
  if (stored === null) return [];
  try {
    const entries: unknown = JSON.parse(stored);
    if (!Array.isArray(entries)) return [];
    return interrupted(
      entries.filter(
        (entry): entry is Unsent =>
          typeof entry === "object" &&
          entry !== null &&
          typeof (entry as Unsent).clientId === "string" &&
          typeof (entry as Unsent).sessionId === "string" &&
          typeof (entry as Unsent).text === "string" &&
          typeof (entry as Unsent).event === "string" &&
          ["waiting", "sending", "failed"].includes((entry as Unsent).status),
      ),
    );
  } catch {
    return [];
  }
}
