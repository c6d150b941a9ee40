import { describe, expect, it } from "vitest";
import { memoryStorage } from "../src/shared/storage";
import { ANONYMOUS_TTL_MS, sessionMemory, subjectOf } from "../src/widget/session-memory";

function token(claims: object): string {
  const part = (value: object) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value)))).replace(/=+$/, "");
  return `${part({ alg: "HS256" })}.${part(claims)}.signature`;
}

describe("the memory of the session", () => {
  it("reads the subject of a token, in every script", () => {
    expect(subjectOf(token({ sub: "lucía-Ω" }))).toBe("lucía-Ω");
    for (const useless of [null, "", "abc", "a.b.c", token({ sub: 7 }), token({})]) expect(subjectOf(useless)).toBeNull();
  });

  it("keeps customers and servers apart", () => {
    const storage = memoryStorage();
    const of = (server: string, subject: string | null) => sessionMemory(storage, { server, subject, now: () => 0 });
    of("https://a.example", "ada").remember("s1");
    expect(of("https://a.example", "ada").recall()).toBe("s1");
    expect(of("https://a.example", "ben").recall()).toBeNull();
    expect(of("https://b.example", "ada").recall()).toBeNull();
    expect(of("https://a.example", null).recall()).toBeNull();
  });

  it("forgets a signed-out session after a while, a signed-in one not", () => {
    const storage = memoryStorage();
    let now = 0;
    const clock = () => now;
    const anonymous = sessionMemory(storage, { server: "x", subject: null, now: clock });
    const known = sessionMemory(storage, { server: "x", subject: "ada", now: clock });
    anonymous.remember("s1");
    known.remember("s2");
    now = ANONYMOUS_TTL_MS;
    expect(anonymous.recall()).toBe("s1");
    now += 1;
    expect(anonymous.recall()).toBeNull();
    expect(known.recall()).toBe("s2");
  });

  it("treats damaged storage as empty", () => {
    const storage = memoryStorage();
    const memory = sessionMemory(storage, { server: "x", subject: null, now: () => 0 });
    storage.set(memory.key, "{nonsense");
    expect(memory.recall()).toBeNull();
  });
});
