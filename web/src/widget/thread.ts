/**
 * The conversation as a list in the server's order. Pure: every function returns a new thread or the same one.
 * Sequence numbers are contiguous from 1, so a hole means that something was missed.
 */
import type { ChatMessage } from "../protocol";

export interface Thread {
  /** Ordered by seq, each seq once. */
  readonly messages: readonly ChatMessage[];
  /** Everything up to and including this seq is here. */
  readonly contiguous: number;
}

export const EMPTY: Thread = { messages: [], contiguous: 0 };

function advance(messages: readonly ChatMessage[], from: number): number {
  let contiguous = from;
  for (const { seq } of messages) if (seq === contiguous + 1) contiguous = seq;
  return contiguous;
}

/** Adds a message at its place. A seq that is already here is a repetition, and changes nothing… */
export function add(thread: Thread, message: ChatMessage): Thread {
  const index = thread.messages.findIndex((other) => other.seq >= message.seq);
  const at = index === -1 ? thread.messages.length : index;
  if (thread.messages[at]?.seq === message.seq) {
    // …except that the server's record of the customer's own words (secrets masked) replaces the local copy.
    const known = thread.messages[at];
    if (message.sender !== "customer" || known?.text === message.text) return thread;
    return { ...thread, messages: thread.messages.map((other) => (other === known ? message : other)) };
  }
  const messages = [...thread.messages.slice(0, at), message, ...thread.messages.slice(at)];
  return { messages, contiguous: advance(messages, thread.contiguous) };
}

export function lastSeq(thread: Thread): number {
  return thread.messages.at(-1)?.seq ?? 0;
}

export function hasGap(thread: Thread): boolean {
  return lastSeq(thread) > thread.contiguous;
}

/** The server has sent all it has up to `seq`: a hole that is left below it will not be filled by asking again. */
export function replayed(thread: Thread, seq: number): Thread {
  if (seq <= thread.contiguous) return thread;
  return { ...thread, contiguous: advance(thread.messages, seq) };
}

export function isDisclosed(thread: Thread): boolean {
  return thread.messages.some((message) => message.disclosure === true);
}

/** Messages of others after `seq`. */
export function unreadAfter(thread: Thread, seq: number): ChatMessage[] {
  return thread.messages.filter((message) => message.seq > seq && message.sender !== "customer");
}
