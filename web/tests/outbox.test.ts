import { describe, expect, it } from "vitest";
import * as outboxes from "../src/shared/outbox";

function entry(clientId: string, sessionId = "s1") {
  return { clientId, sessionId, text: `text ${clientId}`, at: "2026-11-23T09:00:00Z", event: "user_uttered" };
}
const two = outboxes.enqueue(outboxes.enqueue([], entry("a")), entry("b"));

describe("the outbox", () => {
  it("sends one at a time, in the order of writing", () => {
    expect(outboxes.next(two)?.clientId).toBe("a");
    const flying = outboxes.sending(two, "a");
    expect(outboxes.next(flying)).toBeUndefined();
    expect(outboxes.next(outboxes.remove(flying, "a"))?.clientId).toBe("b");
  });

  it("takes the same client id once", () => {
    expect(outboxes.enqueue(two, entry("a"))).toBe(two);
  });

  it("lets another session go on while one is in flight", () => {
    const mixed = outboxes.sending(outboxes.enqueue(two, entry("c", "s2")), "a");
    expect(outboxes.next(mixed, "s1")).toBeUndefined();
    expect(outboxes.next(mixed, "s2")?.clientId).toBe("c");
  });

  it("sends again what was in flight when the connection broke, at its old place", () => {
    const broken = outboxes.interrupted(outboxes.sending(two, "a"));
    expect(outboxes.next(broken)?.clientId).toBe("a");
  });

  it("keeps what failed until somebody decides, and forgets the error on another try", () => {
    const refused = outboxes.failed(outboxes.sending(two, "a"), "a", "not_stored");
    expect(outboxes.next(refused)?.clientId).toBe("b");
    const again = outboxes.retry(refused, "a");
    expect(again[0]).toEqual({ ...entry("a"), status: "waiting" });
  });

  it("offers no second try where the words themselves are refused", () => {
    const [long] = outboxes.failed(two, "a", "text_too_long");
    const [busy] = outboxes.failed(two, "a", "rate_limited");
    expect(long && outboxes.mayRetry(long)).toBe(false);
    expect(busy && outboxes.mayRetry(busy)).toBe(true);
  });

  it("does not carry words into another session by itself", () => {
    const moved = outboxes.rehome(two, "s2");
    expect(moved.every((one) => one.sessionId === "s2" && one.status === "failed" && one.error === "session_closed")).toBe(true);
    expect(outboxes.rehome(two, "s1")).toEqual(two);
  });

  it("survives a reload, and damage to what was stored", () => {
    expect(outboxes.load(outboxes.save(outboxes.sending(two, "a")))).toEqual(two);
    for (const damaged of [null, "", "{", "{}", "[1, null]", '[{"clientId": 1}]']) expect(outboxes.load(damaged)).toEqual([]);
  });
});
