import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryStorage } from "../src/shared/storage";
import { ChatClient, GAP_PATIENCE_MS } from "../src/widget/client";
import { sessionMemory } from "../src/widget/session-memory";
import { FakeWire, settle } from "./fake-wire";

function said(seq: number, more: object = {}) {
  return { text: `text ${seq}`, metadata: { id: `m${seq}`, seq, at: "2026-11-23T09:00:00Z", sender: "ai", ...more } };
}

function setUp({ local = memoryStorage(), tab = memoryStorage() } = {}) {
  const wire = new FakeWire();
  const memory = sessionMemory(local, { server: "https://x.example", subject: null, now: () => 0 });
  const client = new ChatClient({ server: "https://x.example", token: "t", locale: "de-DE", openWire: wire.open_, memory, tab });
  return { wire, client, local, tab, state: () => client.state.get() };
}

/** Opened, disclosed, with the assistant. */
async function talking(storages: Parameters<typeof setUp>[0] = {}) {
  const all = setUp(storages);
  all.client.start();
  all.wire.emit("session_confirm", "s1");
  all.wire.emit("bot_uttered", said(1, { disclosure: true }));
  all.wire.emit("session_state", { mode: "ai", epoch: 1 });
  await settle();
  return all;
}

describe("the chat client", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("does not connect before the customer opens the chat", () => {
    const { wire, client } = setUp();
    expect(wire.connected).toBe(false);
    expect(wire.auth).toEqual({ token: "t", locale: "de-DE" });
    client.start();
    expect(wire.of("session_request")).toEqual([{ locale: "de-DE" }]);
  });

  it("takes up its session again after a reload, from the beginning of the transcript", async () => {
    const { local } = await talking();
    const { wire, client } = setUp({ local });
    client.start();
    expect(wire.of("session_request")).toEqual([{ session_id: "s1", last_seq: 0, locale: "de-DE" }]);
  });

  it("asks after a lost connection only for what it missed, and shows nothing twice", async () => {
    const { wire, state } = await talking();
    wire.emit("bot_uttered", said(2));
    wire.lose();
    expect(state().connection).toBe("offline");
    wire.open();
    expect(wire.of("session_request").at(-1)).toMatchObject({ session_id: "s1", last_seq: 2 });
    wire.emit("session_confirm", "s1");
    wire.emit("bot_uttered", said(2));
    wire.emit("bot_uttered", said(3));
    expect(state().thread.messages.map((one) => one.seq)).toEqual([1, 2, 3]);
  });

  it("asks again when a message is missing, but not while it may still be on its way", async () => {
    const { wire } = await talking();
    const asked = wire.of("session_request").length;
    wire.emit("bot_uttered", said(3));
    wire.emit("bot_uttered", said(2));
    vi.advanceTimersByTime(GAP_PATIENCE_MS + 1);
    expect(wire.of("session_request").length).toBe(asked);
    wire.emit("bot_uttered", said(5));
    vi.advanceTimersByTime(GAP_PATIENCE_MS + 1);
    expect(wire.of("session_request").at(-1)).toMatchObject({ last_seq: 3 });
  });

  it("sends in order, each once the one before is stored", async () => {
    const { wire, client, state } = await talking();
    const acks: ((ack: unknown) => void)[] = [];
    wire.answer = (event) => (event === "user_uttered" ? new Promise((resolve) => acks.push(resolve)) : { ok: true });
    client.say(" one ");
    client.say("two");
    await settle();
    expect(wire.of("user_uttered").map((one) => one["message"])).toEqual(["one"]);
    acks[0]?.({ id: "m2", seq: 2 });
    await settle();
    expect(wire.of("user_uttered").map((one) => one["message"])).toEqual(["one", "two"]);
    acks[1]?.({ id: "m3", seq: 3 });
    await settle();
    expect(state().outbox).toEqual([]);
    expect(state().thread.messages.map((one) => one.text)).toEqual(["text 1", "one", "two"]);
  });

  it("shows a message as it was stored when a secret in it was masked", async () => {
    const { wire, client, state } = await talking();
    wire.answer = (event) => (event === "user_uttered" ? { id: "m2", seq: 2, text: "my card •••• 1111" } : { ok: true });
    client.say("my card 4111 1111 1111 1111");
    await settle();
    expect(state().thread.messages.at(-1)?.text).toBe("my card •••• 1111");
  });

  it("keeps what was written without a connection, over a reload too, and sends it with the same client id", async () => {
    const { wire, client, local, tab, state } = await talking();
    wire.lose();
    client.say("are you there?");
    const clientId = state().outbox[0]?.clientId;
    expect(state().outbox[0]?.status).toBe("waiting");

    const second = setUp({ local, tab });
    second.wire.answer = (event) => (event === "user_uttered" ? { id: "m2", seq: 2 } : { ok: true });
    second.client.start();
    second.wire.emit("session_confirm", "s1");
    await settle();
    expect(second.wire.of("user_uttered")).toEqual([{ session_id: "s1", message: "are you there?", client_id: clientId }]);
    expect(second.state().outbox).toEqual([]);
  });

  it("sends again what was in flight when the connection broke, as the same message", async () => {
    const { wire, client, state } = await talking();
    let breakOff: (reason: Error) => void = () => undefined;
    wire.answer = (event) => (event === "user_uttered" ? new Promise((_, reject) => (breakOff = reject)) : { ok: true });
    client.say("hello");
    await settle();
    wire.lose();
    breakOff(new Error("disconnected"));
    await settle();
    expect(state().outbox[0]?.status).toBe("waiting");
    wire.answer = (event) => (event === "user_uttered" ? { id: "m2", seq: 2 } : { ok: true });
    wire.open();
    wire.emit("session_confirm", "s1");
    await settle();
    const [first, second, ...more] = wire.of("user_uttered");
    expect(second).toEqual(first);
    expect(more).toEqual([]);
    expect(state().outbox).toEqual([]);
  });

  it("calls a message that nobody acknowledges on a living connection not sent", async () => {
    const { wire, client, state } = await talking();
    wire.answer = (event) => (event === "user_uttered" ? Promise.reject(new Error("timeout")) : { ok: true });
    client.say("hello");
    await settle();
    expect(state().outbox[0]).toMatchObject({ status: "failed", error: "timeout" });
  });

  it("does not show a message twice when its acknowledgement was lost and the replay brings it", async () => {
    const { wire, client, state } = await talking();
    wire.answer = (event) => (event === "user_uttered" ? new Promise(() => undefined) : { ok: true });
    client.say("hello");
    await settle();
    const clientId = state().outbox[0]?.clientId;
    wire.lose();
    wire.open();
    wire.emit("user_message", { text: "hello", metadata: { id: "m2", seq: 2, sender: "customer", client_id: clientId } });
    expect(state().outbox).toEqual([]);
    expect(state().thread.messages.filter((one) => one.sender === "customer")).toHaveLength(1);
  });

  it("says honestly that a message was refused, and sends it again on request", async () => {
    const { wire, client, state } = await talking();
    wire.answer = (event) => (event === "user_uttered" ? { error: { code: "not_stored", message: "" } } : { ok: true });
    client.say("hello");
    await settle();
    expect(state().outbox[0]).toMatchObject({ status: "failed", error: "not_stored" });
    wire.answer = (event) => (event === "user_uttered" ? { id: "m2", seq: 2 } : { ok: true });
    client.tryAgain(state().outbox[0]?.clientId ?? "");
    await settle();
    expect(state().outbox).toEqual([]);
    const [first, second] = wire.of("user_uttered");
    expect(first?.["client_id"]).toBe(second?.["client_id"]);
  });

  it("does not send words of an ended session into a new one by itself", async () => {
    const { wire, client, state } = await talking();
    wire.lose();
    client.say("my old question");
    wire.open();
    wire.emit("session_confirm", "s2");
    await settle();
    expect(wire.of("user_uttered")).toEqual([]);
    expect(state().outbox[0]).toMatchObject({ status: "failed", error: "session_closed", sessionId: "s2" });
    expect(state().thread.messages).toEqual([]);
  });

  it("keeps the wish for a person until there is a connection", async () => {
    const { wire, client, state } = setUp();
    client.requestPerson();
    expect(state().wantsPerson).toBe(true);
    expect(wire.of("human_request")).toEqual([]);
    wire.emit("session_confirm", "s1");
    await settle();
    expect(wire.of("human_request")).toEqual([{}]);
    wire.emit("session_state", { mode: "queued", epoch: 2, position: 1 });
    expect(state().wantsPerson).toBe(false);
  });

  it("takes a button that asks for a person to the person, not to the assistant", async () => {
    const { wire, client } = await talking();
    client.choose({ title: "Talk to a person", payload: "/request_person" });
    await settle();
    expect(wire.of("human_request")).toHaveLength(1);
    expect(wire.of("user_uttered")).toHaveLength(0);
  });

  it("opens a new conversation when a person is asked for after the end", async () => {
    const { wire, client } = await talking();
    wire.emit("session_state", { mode: "closed", epoch: 2 });
    client.requestPerson();
    expect(wire.of("session_request").at(-1)).toEqual({ locale: "de-DE" });
    wire.emit("session_confirm", "s2");
    await settle();
    expect(wire.of("human_request")).toHaveLength(1);
  });

  it("leaves an ended conversation on the screen when the connection comes back", async () => {
    const { wire, state } = await talking();
    wire.emit("session_state", { mode: "closed", epoch: 2 });
    const asked = wire.of("session_request").length;
    wire.lose();
    wire.open();
    expect(wire.of("session_request").length).toBe(asked);
    expect(state().thread.messages).toHaveLength(1);
  });

  it("never lets an older state replace a newer one", async () => {
    const { wire, state } = await talking();
    wire.emit("session_state", { mode: "human", epoch: 3, agent: { name: "Priya" } });
    wire.emit("session_state", { mode: "ai", epoch: 1 });
    expect(state().session?.mode).toBe("human");
  });

  it("tells what was seen only while somebody looks, and draws the line where she left", async () => {
    const { wire, client, state } = await talking();
    client.look(true);
    expect(wire.of("receipt").at(-1)).toEqual({ seq: 1 });
    client.look(false);
    wire.emit("bot_uttered", said(2));
    expect(wire.of("receipt").at(-1)).toEqual({ seq: 1 });
    client.look(true);
    expect(wire.of("receipt").at(-1)).toEqual({ seq: 2 });
    expect(state().dividerAfter).toBe(1);
  });

  it("follows another tab of the same customer into its session", async () => {
    const { wire, client, state } = await talking();
    client.follow(JSON.stringify({ id: "s9", at: 0 }));
    expect(wire.of("session_request").at(-1)).toMatchObject({ session_id: "s9", last_seq: 0 });
    expect(state().thread.messages).toEqual([]);
  });

  it("says why it was refused", () => {
    const { wire, client, state } = setUp();
    client.start();
    wire.refuse("token_expired");
    expect(state()).toMatchObject({ connection: "refused", refusal: "token_expired" });
  });
});
