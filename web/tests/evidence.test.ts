import { describe, expect, it } from "vitest";
import { highlight, readEvidence } from "../src/console/evidence";

describe("the evidence of a handoff", () => {
  it("reads what the policy engine wrote", () => {
    const evidence = readEvidence({
      message_ids: ["m3"],
      matched: [
        { kind: "signal", signal: "fraud", value: 0.97, threshold: 0.6, message_ids: ["m3"] },
        { kind: "signal", signal: "fraud", value: 0.81, threshold: 0.5, message_ids: ["m2", "m3"] },
        { kind: "entity", entity: "amount", value: 900, threshold: 500, currency: "GBP", message_ids: ["m3"] },
        { kind: "count", count: "misunderstood", value: 2, threshold: 2 },
        { kind: "something_new", value: 1 },
      ],
      intent: { name: "report_scam", confidence: 0.93 },
      words: [{ message_id: "m3", start: 2, end: 6, text: "scam" }, { message_id: "m3", start: 6, end: 2, text: "" }],
    });
    expect(evidence.signals).toEqual([{ name: "fraud", value: 0.97, threshold: 0.6 }]);
    expect(evidence.facts).toEqual(["amount: 900 GBP (more than 500)", "misunderstood: 2 in a row"]);
    expect(evidence.words).toEqual([{ messageId: "m3", start: 2, end: 6, text: "scam" }]);
    expect(evidence.intent).toEqual({ name: "report_scam", confidence: 0.93 });
  });

  it("is empty where there is none, or another kind", () => {
    const empty = { signals: [], intent: null, words: [], facts: [], messageIds: [] };
    expect(readEvidence(null)).toEqual(empty);
    expect(readEvidence({ message_id: "m1", matched: "x", words: [1], intent: 4 })).toEqual(empty);
  });
});

describe("highlighting", () => {
  it("counts code points, as the offsets do", () => {
    expect(highlight("😟 scam?", [{ start: 2, end: 6 }])).toEqual([
      { text: "😟 ", marked: false },
      { text: "scam", marked: true },
      { text: "?", marked: false },
    ]);
  });

  it("joins overlaps, bears places outside, and loses no character", () => {
    const places = [{ start: 0, end: 3 }, { start: 2, end: 5 }, { start: 90, end: 99 }, { start: -4, end: 1 }];
    const parts = highlight("abcdefg", places);
    expect(parts).toEqual([{ text: "abcde", marked: true }, { text: "fg", marked: false }]);
    expect(highlight("", places)).toEqual([]);
  });
});
