import { describe, expect, it } from "vitest";
import { linkify } from "../src/shared/linkify";

function links(text: string): string[] {
  return linkify(text).flatMap((part) => (part.kind === "link" ? [part.href] : []));
}

describe("links in text", () => {
  it("finds web addresses and leaves the sentence's punctuation outside", () => {
    expect(linkify("See https://bank.example/help. Thanks")).toEqual([
      { kind: "text", text: "See " },
      { kind: "link", text: "https://bank.example/help", href: "https://bank.example/help" },
      { kind: "text", text: ". Thanks" },
    ]);
    expect(links("(https://bank.example/a_(b))")).toEqual(["https://bank.example/a_(b)"]);
  });

  it("makes no link of anything else", () => {
    for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://x.example", "bank.example", "https://", "mailto:a@b.example"]) {
      expect(links(text)).toEqual([]);
    }
  });

  it("refuses an address that hides its host behind a name", () => {
    expect(links("https://bank.example@evil.example/")).toEqual([]);
  });

  it("loses no character", () => {
    const texts = ["", "a https://x.example, b http://y.example/?q=1!! c", "<b>https://x.example/<i>", "https://x.example https://x.example"];
    for (const text of texts) expect(linkify(text).map((part) => part.text).join("")).toBe(text);
  });
});
