import { describe, expect, it } from "vitest";
import * as desk from "../src/console/state";
import type { DeskEntry, DeskSession } from "../src/protocol";

const ME = { id: "a1", name: "Priya", role: "agent", status: "available" } as const;
const start: desk.DeskState = { ...desk.START, me: ME };

function session(sessionId: string, more: Partial<DeskSession> = {}): DeskSession {
  return {
    sessionId, version: 1, mode: "queued", epoch: 1, agent: null, queue: "general", priority: "standard", criterion: null, why: null,
    evidence: null, policyVersion: null, skill: null, protocol: null, reservedFor: null, locale: "en-GB", region: null, channel: "web",
    customer: null, position: null, queuedAt: null, openedAt: null, lastMessage: null, ...more,
  };
}

function entry(version: number, more: Partial<DeskEntry> = {}): DeskEntry {
  return { sessionId: "s1", version, seq: version, id: `m${version}`, at: "", sender: "customer", name: "", text: `t${version}`, kind: "message", ...more };
}

describe("what the desk knows", () => {
  it("never lets an older state replace a newer one", () => {
    const state = desk.withSession(desk.withSession(start, session("s1", { version: 5, mode: "human" })), session("s1", { version: 4 }));
    expect(state.sessions["s1"]?.mode).toBe("human");
  });

  it("shows the queue in the order in which it is served", () => {
    const state = desk.withQueue(start, [
      session("s1", { position: 2 }), session("s2", { position: 1, priority: "life_safety" }), session("s3", { position: 3 }),
    ]);
    expect(desk.waiting(state).map((one) => one.sessionId)).toEqual(["s2", "s1", "s3"]);
  });

  it("takes a claimed session out of everybody's queue, with its alert", () => {
    let state = desk.withQueue(start, [session("s1"), session("s2")]);
    state = desk.withNotice(state, { text: "waiting", urgent: false, sessionId: "s1" });
    state = desk.withSession(state, session("s1", { version: 2, mode: "human", agent: { id: "a2", name: "Tom" } }));
    expect(state.queue).toEqual(["s2"]);
    expect(state.notices).toEqual([]);
    expect(desk.mine(state)).toEqual([]);
  });

  it("forgets alerts of those who left the queue unseen", () => {
    let state = desk.withQueue(start, [session("s1")]);
    state = desk.withNotice(state, { text: "waiting", urgent: true, sessionId: "s1" });
    expect(desk.withQueue(state, []).notices).toEqual([]);
  });

  it("merges what changed among the AI's conversations, and drops what the AI has no more", () => {
    let state = desk.withLive(start, [session("s1", { mode: "ai" }), session("s2", { mode: "ai" })]);
    state = desk.withLive(state, [session("s2", { version: 2, mode: "queued" }), session("s3", { mode: "ai" })]);
    expect(state.live).toEqual(["s1", "s3"]);
  });

  it("knows whose conversations are mine, to the end of the wrap-up", () => {
    const held = { agent: { id: "a1", name: "Priya" } };
    const state = [
      session("s1", { ...held, mode: "human" }), session("s2", { ...held, mode: "wrap_up" }), session("s3", { ...held, mode: "closed" }),
      session("s4", { mode: "human", agent: { id: "a2", name: "Tom" } }),
    ].reduce(desk.withSession, start);
    expect(desk.mine(state).map((one) => one.sessionId)).toEqual(["s1", "s2"]);
  });

  it("shows each message once, in the record's order, however it came", () => {
    const live = [entry(3), entry(5, { kind: "note", seq: null, id: "n5" })].reduce((state, one) => desk.withEntry(state, one), start);
    const whole = desk.withThread(live, session("s1"), [entry(1), entry(2, { kind: "suppressed", seq: null, id: "v2" }), entry(3), entry(4)]);
    expect(whole.entries["s1"]?.map((one) => one.version)).toEqual([1, 2, 3, 4, 5]);
    expect(desk.withEntry(whole, entry(4))).toBe(whole);
  });

  it("clears the outbox by the client id, whether the message or the thread brings it", () => {
    const unsent = { clientId: "c1", sessionId: "s1", text: "t", at: "", event: "say", status: "sending" } as const;
    const state = { ...start, outbox: [unsent] };
    expect(desk.withEntry(state, entry(1, { sender: "agent", clientId: "c1" })).outbox).toEqual([]);
    expect(desk.withThread(state, session("s1"), [entry(1, { sender: "agent", clientId: "c1" })]).outbox).toEqual([]);
  });

  it("counts a customer's message as unread only in my conversation, and only when I don't look", () => {
    const held = desk.withSession(start, session("s1", { mode: "human", agent: { id: "a1", name: "Priya" } }));
    expect(desk.unreadCount(desk.withEntry(held, entry(1)))).toBe(1);
    expect(desk.unreadCount(desk.withEntry(desk.opened(held, "s1"), entry(1)))).toBe(0);
    expect(desk.unreadCount(desk.withEntry(desk.opened(held, "s1"), entry(1), { looking: false }))).toBe(1);
    expect(desk.unreadCount(desk.withEntry(held, entry(1, { sender: "system" })))).toBe(0);
    expect(desk.unreadCount(desk.withEntry(start, entry(1)))).toBe(0);
    expect(desk.unreadCount(desk.opened(desk.withEntry(held, entry(1)), "s1"))).toBe(0);
  });

  it("puts into the title what waits", () => {
    expect(desk.badge(start)).toBe("Candour desk");
    const state = { ...desk.withQueue(start, [session("s1"), session("s2")]), unread: { s3: 4 } };
    expect(desk.badge(state)).toBe("(4 new, 2 waiting) Candour desk");
  });

  it("keeps one alert a session, and few in all", () => {
    let state = start;
    for (const id of ["s1", "s1", "s2", "s3", "s4", "s5"]) state = desk.withNotice(state, { text: id, urgent: false, sessionId: id });
    expect(state.notices.map((notice) => notice.text)).toEqual(["s2", "s3", "s4", "s5"]);
    expect(new Set(state.notices.map((notice) => notice.id)).size).toBe(4);
  });
});
