import { describe, expect, it } from "vitest";
import { clockTime, duration, safeLocale, secondsSince, waitMinutes } from "../src/shared/time";

describe("times", () => {
  it("writes durations as people read them", () => {
    expect([0, 7.9, 60, 759, 3729, -4].map(duration)).toEqual(["0:00", "0:07", "1:00", "12:39", "1:02:09", "0:00"]);
  });

  it("measures from a time that may be missing", () => {
    expect(secondsSince("2026-11-23T09:00:00Z", Date.parse("2026-11-23T09:01:30Z"))).toBe(90);
    expect(secondsSince(null, 0)).toBe(0);
    expect(secondsSince("nonsense", 0)).toBe(0);
    expect(secondsSince("2026-11-23T09:00:00Z", 0)).toBe(0);
  });

  it("rounds a wait outwards, so that what is promised is kept", () => {
    expect(waitMinutes([70, 130])).toEqual([1, 3]);
    expect(waitMinutes([0, 10])).toEqual([0, 1]);
    expect(waitMinutes([60, 60])).toEqual([1, 1]);
  });

  it("survives a false locale and a false date", () => {
    expect(safeLocale("not a locale!")).toBe("en-GB");
    expect(safeLocale("de-at")).toBe("de-AT");
    expect(clockTime("", "de-DE")).toBe("");
    expect(clockTime("2026-11-23T09:05:00Z", "xx-nonsense-!")).toMatch(/\d/);
  });
});
