import { describe, expect, it } from "vitest";
import { directionOf, LANGUAGES, stringsFor } from "../src/widget/strings";
import { en } from "../src/widget/strings/en";

function leaves(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}
const ENGLISH = leaves(en);

describe("the words of the chrome", () => {
  it.each(Object.entries(LANGUAGES))("%s has every word, in its own language", (tag, strings) => {
    const words = new Map(leaves(strings));
    expect([...words.keys()].sort()).toEqual(ENGLISH.map(([path]) => path).sort());
    for (const [path, word] of words) {
      const said = typeof word === "function" ? (word as (...values: unknown[]) => string)(3, 5) : word;
      expect(said, `${tag}${path}`).toMatch(/\S/);
    }
    if (tag !== "en") {
      const same = ENGLISH.filter(([path, word]) => typeof word === "string" && word.length > 12 && words.get(path) === word);
      expect(same).toEqual([]);
    }
  });

  it("finds the nearest language, and English otherwise", () => {
    expect(stringsFor("de-AT").language).toBe("de");
    expect(stringsFor("es_MX").language).toBe("es");
    expect(stringsFor("tl-PH").language).toBe("fil");
    expect(stringsFor("ja-JP").language).toBe("en");
    expect(stringsFor("").language).toBe("en");
  });

  it("says what the assistant is in every language, and that a person is a person", () => {
    for (const strings of Object.values(LANGUAGES)) {
      expect(strings.header.ai).toMatch(/AI|KI|IA/);
      expect(strings.header.person("Priya")).toContain("Priya");
      expect(strings.header.person("Priya").length).toBeGreaterThan("Priya, ".length);
    }
  });

  it("knows which scripts run from the right", () => {
    expect(directionOf("ar-EG")).toBe("rtl");
    expect(directionOf("he")).toBe("rtl");
    expect(directionOf("de-DE")).toBe("ltr");
  });
});
