/** The console's own words for what the wire calls by code. */
import type { Alert, DeskSession, ErrorCode, Mode, Presence, Priority, Sender, WireError } from "../protocol";

export const PRIORITY: Record<Priority, string> = {
  life_safety: "Life at risk",
  fraud: "Fraud",
  vulnerable: "Vulnerable",
  standard: "Standard",
};

export const PRESENCE: Record<Presence, string> = { available: "Available", away: "Away", offline: "Offline" };

export const MODE: Record<Mode, string> = {
  ai: "With the AI",
  queued: "In the queue",
  human: "With a person",
  wrap_up: "Wrap-up",
  closed: "Closed",
};

export const QUEUES = ["urgent", "fraud", "care", "general"] as const;

export const DISPOSITIONS = [
  ["resolved", "Resolved"],
  ["follow_up", "Follow-up agreed"],
  ["fraud_case", "Fraud case opened"],
  ["complaint", "Complaint recorded"],
  ["signposted", "Signposted elsewhere"],
  ["customer_left", "Customer left"],
] as const;

export const VERDICTS = [
  ["wrong", "Wrong answer"],
  ["should_escalate", "Should have gone to a person"],
  ["tone", "Wrong tone"],
  ["unsafe", "Unsafe or not compliant"],
  ["good", "Good example"],
] as const;

const CRITERIA: Record<string, string> = {
  person_requested: "Asked for a person",
  life_at_risk: "Life at risk",
  fraud_or_scam: "Fraud or scam",
  unauthorised_payment: "Payment not made by customer",
  ai_unavailable: "AI not available",
  ai_stopped: "AI stopped",
  taken_over: "Taken over by a supervisor",
  misunderstood_twice: "Not understood twice",
  low_confidence_twice: "AI unsure twice",
};

/** `a_code_word` as words, where nothing better is known. */
export function humanise(code: string): string {
  const words = code.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function criterionName(code: string | null): string {
  return code === null ? "No criterion" : (CRITERIA[code] ?? humanise(code));
}

export function customerName(session: DeskSession): string {
  return session.customer?.name ?? "Signed-out customer";
}

export function speakerName(sender: Sender, name: string): string {
  switch (sender) {
    case "ai":
      return "AI assistant";
    case "agent":
      return name || "Agent";
    case "customer":
      return name || "Customer";
    case "system":
      return "System";
  }
}

const languages = new Intl.DisplayNames(["en"], { type: "language" });

export function localeName(locale: string): string {
  try {
    return languages.of(locale) ?? locale;
  } catch {
    return locale;
  }
}

const ERRORS: Partial<Record<ErrorCode, string>> = {
  offline: "There is no connection to the switchboard.",
  timeout: "The switchboard did not answer. Try again.",
  token_invalid: "Your sign-in is no longer valid. Sign in again.",
  token_expired: "Your sign-in has expired. Sign in again.",
  not_yours: "This conversation belongs to somebody else.",
  wrong_state: "That is not possible in the conversation's present state.",
  forbidden: "Your role does not allow this.",
  not_found: "This conversation is no longer there.",
  rate_limited: "Too fast. Wait a moment.",
  not_stored: "It was not stored. Try again.",
  text_too_long: "The text is too long.",
  session_closed: "The conversation is closed.",
};

export function errorText(error: WireError): string {
  if (error.code === "already_claimed") {
    return error.claimed_by ? `${error.claimed_by} already has this conversation.` : "A colleague already has this conversation.";
  }
  return ERRORS[error.code] ?? (error.message || "That did not work.");
}

export function waitingText(session: DeskSession): string {
  return `${PRIORITY[session.priority]}: ${customerName(session)} is waiting – ${criterionName(session.criterion)}`;
}

export function alertText(alert: Alert, session: DeskSession | undefined): string {
  const who = session ? customerName(session) : "A customer";
  switch (alert.kind) {
    case "handoff":
      return session?.criterion
        ? waitingText(session)
        : `${PRIORITY[alert.priority ?? "standard"]}: ${who} is waiting – ${criterionName(alert.criterion ?? null)}`;
    case "ai_unavailable":
      return alert.text ?? "The AI is not available. Customers go to people.";
    case "ai_back":
      return alert.text ?? "The AI is answering again.";
    case "agent_lost":
      return `${alert.text ?? "An agent"} lost the connection. ${who} is back at the front of the queue.`;
    case "message":
      return alert.text ?? `${who} wrote.`;
    case "callback":
      return alert.text ?? `${who} booked a callback.`;
    default:
      return alert.text ?? humanise(alert.kind);
  }
}
