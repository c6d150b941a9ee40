import { describe, expect, it } from "vitest";
import * as wire from "../src/wire";

const NONSENSE: unknown[] = [undefined, null, 0, "", "text", [], {}, { metadata: null }, { metadata: { seq: "1" } }, { session_id: 4 }];

describe("reading the wire", () => {
  it("takes a message of the assistant with all that belongs to it", () => {
    expect(
      wire.readChatMessage({
        text: "Which card?",
        quick_replies: [{ content_type: "text", title: "Debit", payload: "/debit" }, { title: 3 }, { title: "Other" }],
        attachment: { type: "image", payload: { src: "https://bank.example/map.png" } },
        metadata: { id: "m1", seq: 4, at: "2026-11-23T09:00:00Z", sender: "ai", epoch: 1, disclosure: true, response: "utter_x" },
      }),
    ).toEqual({
      id: "m1",
      seq: 4,
      at: "2026-11-23T09:00:00Z",
      sender: "ai",
      text: "Which card?",
      disclosure: true,
      quickReplies: [
        { title: "Debit", payload: "/debit" },
        { title: "Other", payload: "Other" },
      ],
      image: "https://bank.example/map.png",
    });
  });

  it("reads cards, and their pictures only from where pictures may come", () => {
    const message = wire.readChatMessage({
      attachment: {
        type: "template",
        payload: { template_type: "generic", elements: [{ title: "Branch", subtitle: "Open", image_url: "javascript:x", buttons: [] }, {}] },
      },
      metadata: { seq: 1, sender: "ai" },
    });
    expect(message?.cards).toEqual([{ title: "Branch", subtitle: "Open", buttons: [] }]);
    expect(wire.safeImage("http://bank.example/x.png")).toBeUndefined();
    expect(wire.safeImage("//evil.example/x.png")).toBeUndefined();
    expect(wire.safeImage("data:image/svg+xml;base64,AA")).toBeUndefined();
    expect(wire.safeImage("data:image/png;base64,AA")).toBe("data:image/png;base64,AA");
    expect(wire.safeImage("/x.png")).toBe("/x.png");
  });

  it("calls an unknown speaker the system, never a person or the assistant", () => {
    expect(wire.readChatMessage({ text: "x", metadata: { seq: 1, sender: "robot" } })?.sender).toBe("system");
  });

  it("reads the state that the header is drawn from", () => {
    expect(
      wire.readSessionState({ mode: "queued", epoch: 2, position: 3, wait_s: [240, 120], hours: "9–17", locale: "de-DE" }),
    ).toEqual({ mode: "queued", epoch: 2, position: 3, waitS: [120, 240], hours: "9–17", locale: "de-DE" });
    expect(wire.readSessionState({ mode: "human", epoch: 3, agent: { name: "Priya" } })).toEqual({ mode: "human", epoch: 3, agentName: "Priya" });
    expect(wire.readSessionState({ mode: "queued", epoch: 2, position: 0, wait_s: [1] })).toEqual({ mode: "queued", epoch: 2 });
  });

  it("reads acknowledgements and errors, with who was faster", () => {
    expect(wire.readSentAck({ id: "m1", seq: 2 })).toEqual({ id: "m1", seq: 2 });
    expect(wire.readSentAck({ error: { code: "not_stored", message: "x" } })).toEqual({ error: { code: "not_stored", message: "x" } });
    expect(wire.readSentAck(null)).toHaveProperty("error.code", "payload_invalid");
    expect(wire.readError({ error: { code: "already_claimed", message: "", claimed_by: "Tom" } })?.claimed_by).toBe("Tom");
    expect(wire.readError({ error: { code: "already_claimed", message: "", claimed_by: { id: "a", name: "Tom" } } })?.claimed_by).toBe("Tom");
    expect(wire.readError({ ok: true })).toBeNull();
  });

  it("never throws, and makes nothing of nonsense", () => {
    for (const payload of NONSENSE) {
      expect(wire.readChatMessage(payload)).toBeNull();
      expect(wire.readDeskSession(payload)).toBeNull();
      expect(wire.readDeskEntry(payload)).toBeNull();
      expect(wire.readAssist(payload)).toBeNull();
      expect(wire.readDeskSessions(payload)).toEqual([]);
      expect(wire.readDeskEntries(payload)).toEqual([]);
      wire.readSessionState(payload);
      wire.readAlert(payload);
      wire.readError(payload);
    }
  });

  it("gives an unknown priority and mode the harmless value", () => {
    const session = wire.readDeskSession({ session_id: "s", priority: "vip", mode: "flying", evidence: [] });
    expect(session).toMatchObject({ priority: "standard", mode: "ai", evidence: null, agent: null });
  });
});
