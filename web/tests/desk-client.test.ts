import { describe, expect, it } from "vitest";
import { DeskClient, type Ring } from "../src/console/client";
import { memoryStorage } from "../src/shared/storage";
import { FakeWire, settle } from "./fake-wire";

const QUEUED = { session_id: "s1", version: 1, mode: "queued", epoch: 2, priority: "fraud", criterion: "fraud_or_scam", position: 1 };
const HELD = { ...QUEUED, version: 3, mode: "human", epoch: 3, agent: { id: "a1", name: "Priya" } };

function message(version: number, more: object = {}) {
  return { session_id: "s1", version, seq: version, id: `m${version}`, at: "", sender: "customer", name: "Ada", text: `t${version}`, kind: "message", metadata: {}, ...more };
}

function server(event: string): unknown {
  if (event === "presence") return { ok: true, agent: { id: "a1", name: "Priya", role: "agent", status: "available" }, sessions: [], agents: [] };
  if (event === "queue") return { ok: true, sessions: [QUEUED] };
  if (event === "claim" || event === "watch") return { ok: true, state: HELD, messages: [message(1)] };
  if (event === "say") return { ok: true, id: "m9", seq: 9 };
  return { ok: true };
}

async function signedIn({ role = "agent", tab = memoryStorage() } = {}) {
  const wire = new FakeWire();
  wire.answer = server;
  const rings: Ring[] = [];
  let signedOut = 0;
  const client = new DeskClient({
    token: "t", role, server: "https://x.example", openWire: wire.open_, tab,
    onRing: (ring) => void rings.push(ring), onSignedOut: () => void (signedOut += 1), isLooking: () => true,
  });
  client.start();
  await settle();
  return { wire, client, tab, rings, state: () => client.state.get(), signedOut: () => signedOut };
}

describe("the desk client", () => {
  it("says who is here and fetches the queue as soon as it is connected", async () => {
    const { wire, state } = await signedIn();
    expect(wire.of("presence")).toEqual([{ status: "available" }]);
    expect(state().queue).toEqual(["s1"]);
    expect(state().me?.name).toBe("Priya");
  });

  it("asks for nothing that its role may not have", async () => {
    const { wire } = await signedIn({ role: "auditor" });
    expect(wire.of("presence")).toEqual([]);
    expect(wire.of("queue")).toHaveLength(1);
    expect(wire.of("live")).toHaveLength(1);
    const admin = await signedIn({ role: "admin" });
    expect(admin.wire.of("queue")).toEqual([]);
    expect(admin.wire.of("live")).toEqual([]);
  });

  it("claims, and tells who was faster when somebody was", async () => {
    const { wire, client, state } = await signedIn();
    wire.answer = (event) => (event === "claim" ? { error: { code: "already_claimed", message: "", claimed_by: "Tom Berg" } } : server(event));
    expect(await client.claim("s1")).toBe(false);
    expect(state().notices.at(-1)?.text).toBe("Tom Berg already has this conversation.");
    wire.answer = server;
    expect(await client.claim("s1")).toBe(true);
    expect(state().open).toBe("s1");
    expect(state().queue).toEqual([]);
  });

  it("keeps what is said while the answer to the claim is on its way", async () => {
    const { wire, client, state } = await signedIn();
    wire.answer = (event) => {
      if (event === "claim") wire.emit("message", message(2));
      return server(event);
    };
    await client.claim("s1");
    expect(state().entries["s1"]?.map((one) => one.version)).toEqual([1, 2]);
  });

  it("after a reconnect fetches its conversations again, and doubles nothing", async () => {
    const { wire, client, state } = await signedIn();
    await client.claim("s1");
    wire.emit("message", message(2));
    wire.lose();
    wire.answer = (event) => (event === "watch" ? { ok: true, state: HELD, messages: [message(1), message(2), message(3)] } : server(event));
    wire.open();
    await settle();
    expect(wire.of("watch")).toEqual([{ session_id: "s1" }]);
    expect(state().entries["s1"]?.map((one) => one.version)).toEqual([1, 2, 3]);
  });

  it("finds its conversations again after a reload", async () => {
    const { tab, client } = await signedIn();
    await client.claim("s1");
    const second = await signedIn({ tab });
    expect(second.wire.of("watch")).toEqual([{ session_id: "s1" }]);
  });

  it("sends a reply again after a lost connection, with the same client id", async () => {
    const { wire, client, state } = await signedIn();
    await client.claim("s1");
    wire.lose();
    client.write("say", "s1", "I am here");
    expect(state().outbox[0]?.status).toBe("waiting");
    wire.open();
    await settle();
    const sent = wire.of("say");
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ session_id: "s1", text: "I am here" });
    expect(state().outbox).toEqual([]);
  });

  it("sends again what was in flight when the connection broke, as the same reply", async () => {
    const { wire, client, state } = await signedIn();
    let breakOff: (reason: Error) => void = () => undefined;
    wire.answer = (event) => (event === "say" ? new Promise((_, reject) => (breakOff = reject)) : server(event));
    client.write("say", "s1", "hello");
    await settle();
    wire.lose();
    breakOff(new Error("disconnected"));
    await settle();
    expect(state().outbox[0]?.status).toBe("waiting");
    wire.answer = server;
    wire.open();
    await settle();
    const [first, second, ...more] = wire.of("say");
    expect(second).toEqual(first);
    expect(more).toEqual([]);
  });

  it("keeps a refused reply with its reason", async () => {
    const { wire, client, state } = await signedIn();
    wire.answer = (event) => (event === "say" ? { error: { code: "not_yours", message: "" } } : server(event));
    client.write("say", "s1", "hello");
    await settle();
    expect(state().outbox[0]).toMatchObject({ status: "failed", error: "not_yours" });
  });

  it("keeps no transcript of conversations that nobody has open", async () => {
    const { wire, state } = await signedIn({ role: "supervisor" });
    wire.emit("message", message(1, { session_id: "s7", sender: "ai" }));
    expect(state().entries["s7"]).toBeUndefined();
  });

  it("leaves the room of a conversation that is no longer looked at, but never of its own", async () => {
    const { wire, client } = await signedIn({ role: "supervisor" });
    const other = { ...HELD, session_id: "s2", agent: { id: "a2", name: "Tom" } };
    wire.answer = (event) => (event === "watch" ? { ok: true, state: other, messages: [] } : server(event));
    await client.open("s2");
    await client.open(null);
    await client.claim("s1");
    await client.open(null);
    await settle();
    expect(wire.of("unwatch")).toEqual([{ session_id: "s2" }]);
  });

  it("rings once for one waiting customer, louder where it matters", async () => {
    const { wire, rings, state } = await signedIn();
    wire.emit("alert", { kind: "handoff", session_id: "s1", priority: "fraud", criterion: "fraud_or_scam" });
    wire.emit("offered", { ...QUEUED, version: 2 });
    expect(rings).toEqual(["urgent"]);
    expect(state().notices).toHaveLength(1);
    expect(state().notices[0]).toMatchObject({ urgent: true, sessionId: "s1" });
  });

  it("rings for a transfer that was sent to this agent", async () => {
    const { wire, rings } = await signedIn();
    wire.emit("offered", { ...QUEUED, session_id: "s5", priority: "standard" });
    expect(rings).toEqual(["handoff"]);
  });

  it("shows what is stopped, whoever stopped it", async () => {
    const { wire, client, state } = await signedIn({ role: "supervisor" });
    const stop = { scope: { kind: "region", value: "GB" }, on: true, reason: "Wrong fee", by: "s1", at: "" };
    wire.emit("stops_changed", { stops: [stop] });
    expect(state().stops).toEqual([{ scope: "region", value: "GB", reason: "Wrong fee" }]);
    wire.answer = (event) => (event === "stop_ai" ? { ok: true, stops: [] } : server(event));
    await client.stopAi("region", "GB", false, "Mended");
    expect(wire.of("stop_ai")).toEqual([{ scope: { kind: "region", value: "GB" }, on: false, reason: "Mended" }]);
    expect(state().stops).toEqual([]);
  });

  it("signs out when the token is no longer good", async () => {
    const { wire, signedOut } = await signedIn();
    wire.refuse("token_expired");
    expect(signedOut()).toBe(1);
  });
});
