import { expect, it } from "vitest";
import { shownText } from "../src/shared/shown-text";

const OFFERED = [
  { quickReplies: [{ title: "Debit card", payload: '/choose{"card":"4821"}' }] },
  {},
  { cards: [{ title: "Branches", buttons: [{ title: "Old Street", payload: "/branch_1" }] }] },
];

it("shows a pressed button by its words, wherever it was offered", () => {
  expect(shownText(OFFERED, '/choose{"card":"4821"}')).toBe("Debit card");
  expect(shownText(OFFERED, "/branch_1")).toBe("Old Street");
});

it("leaves what the customer typed as it is", () => {
  expect(shownText(OFFERED, "Debit card please")).toBe("Debit card please");
  expect(shownText(OFFERED, "/never_offered")).toBe("/never_offered");
});

it("takes the latest words where a payload was offered twice", () => {
  const again = [...OFFERED, { quickReplies: [{ title: "Old Street branch", payload: "/branch_1" }] }];
  expect(shownText(again, "/branch_1")).toBe("Old Street branch");
});
