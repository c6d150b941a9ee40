/**
 * Which session this browser is in. Kept in local storage, so that a second tab joins the same session, under a
 * key of server and customer, so that one customer's session is never tried for another's.
 */
import type { KeyValue } from "../shared/storage";

/** A signed-out session may be found again for this long after its last message: the browser may be shared. */
export const ANONYMOUS_TTL_MS = 2 * 60 * 60 * 1000;

/** The subject a token speaks of, or null. Only used to tell sessions apart here; the server verifies it. */
export function subjectOf(token: string | null): string | null {
  const payload = token?.split(".")[1];
  if (!payload) return null;
  try {
    const json: unknown = JSON.parse(
      decodeURIComponent(
        Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (char) =>
          `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
        ).join(""),
      ),
    );
    const subject = typeof json === "object" && json !== null ? (json as { sub?: unknown }).sub : undefined;
    return typeof subject === "string" ? subject : null;
  } catch {
    return null;
  }
}

export interface SessionMemory {
  readonly key: string;
  recall(): string | null;
  remember(sessionId: string): void;
  forget(): void;
}

export function sessionMemory(
  storage: KeyValue,
  { server, subject, now }: { server: string; subject: string | null; now: () => number },
): SessionMemory {
  const key = `candour:session:${server}:${subject ?? "anonymous"}`;
  return {
    key,
    recall() {
      const { id, at } = readStored(storage.get(key));
      if (id === null) return null;
      if (subject === null && now() - at > ANONYMOUS_TTL_MS) {
        storage.remove(key);
        return null;
      }
      return id;
    },
    remember: (sessionId) => storage.set(key, JSON.stringify({ id: sessionId, at: now() })),
    forget: () => storage.remove(key),
  };
}

export function readStored(stored: string | null): { id: string | null; at: number } {
  try {
    const value: unknown = JSON.parse(stored ?? "null");
    if (typeof value === "object" && value !== null) {
      const { id, at } = value as { id?: unknown; at?: unknown };
      if (typeof id === "string" && typeof at === "number") return { id, at };
    }
  } catch {
    // Not ours or damaged: as if nothing were stored.
  }
  return { id: null, at: 0 };
}
