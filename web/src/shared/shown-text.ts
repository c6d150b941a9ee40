import type { Card, QuickReply } from "../protocol";

interface Offering {
  quickReplies?: QuickReply[];
  cards?: Card[];
}

/**
 * What a customer's message is shown as: a quick reply sends its payload (`/ask_fees`), but the customer pressed a
 * button with words on it. `messages` are those of the conversation; the latest offer of the payload counts.
 */
export function shownText(messages: readonly Offering[], sent: string): string {
  if (!sent.startsWith("/")) return sent;
  for (const message of [...messages].reverse()) {
    const buttons = [...(message.quickReplies ?? []), ...(message.cards ?? []).flatMap((card) => card.buttons)];
    const match = buttons.find((button) => button.payload === sent);
    if (match) return match.title;
  }
  return sent;
}
