import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../src/protocol";
import { add, EMPTY, hasGap, isDisclosed, lastSeq, replayed, unreadAfter, type Thread } from "../src/widget/thread";

function message(seq: number, more: Partial<ChatMessage> = {}): ChatMessage {
  return { id: `m${seq}`, seq, at: "2026-11-23T09:00:00Z", sender: "ai", text: `text ${seq}`, ...more };
}

function thread(...seqs: number[]): Thread {
  return seqs.reduce((sofar, seq) => add(sofar, message(seq)), EMPTY);
}

describe("the thread", () => {
  it("keeps the server's order whatever the order of arrival", () => {
    expect(thread(3, 1, 2).messages.map((one) => one.seq)).toEqual([1, 2, 3]);
  });

  it("ignores a message that it already has", () => {
    const before = thread(1, 2);
    expect(add(before, message(2))).toBe(before);
  });

  it("ends up the same for every order and repetition of the same messages", () => {
    const want = thread(1, 2, 3, 4, 5).messages;
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let round = 0; round < 200; round += 1) {
      const seqs = Array.from({ length: 15 }, () => 1 + Math.floor(random() * 5));
      const all = [...seqs, 1, 2, 3, 4, 5].sort(() => random() - 0.5);
      const got = thread(...all);
      expect(got.messages).toEqual(want);
      expect(got.contiguous).toBe(5);
    }
  });

  it("sees a hole, and that it was filled", () => {
    const holed = thread(1, 2, 4);
    expect(hasGap(holed)).toBe(true);
    expect(holed.contiguous).toBe(2);
    const whole = add(holed, message(3));
    expect(hasGap(whole)).toBe(false);
    expect(whole.contiguous).toBe(4);
    expect(lastSeq(whole)).toBe(4);
  });

  it("does not ask for ever for what the server does not have", () => {
    expect(hasGap(replayed(thread(1, 3), 3))).toBe(false);
  });

  it("takes the server's record of the customer's words, where a secret is masked", () => {
    const own = add(EMPTY, message(1, { sender: "customer", text: "4111 1111 1111 1111" }));
    const after = add(own, message(1, { sender: "customer", text: "•••• 1111" }));
    expect(after.messages[0]?.text).toBe("•••• 1111");
  });

  it("knows whether the disclosure stands in it", () => {
    expect(isDisclosed(thread(1))).toBe(false);
    expect(isDisclosed(add(EMPTY, message(1, { disclosure: true })))).toBe(true);
  });

  it("counts only what others said as unread", () => {
    const mixed = add(add(thread(1, 2), message(3, { sender: "customer" })), message(4));
    expect(unreadAfter(mixed, 1).map((one) => one.seq)).toEqual([2, 4]);
  });
});
