import type { ErrorCode } from "../../protocol";

/** The words of the widget's own chrome. What the assistant and the bank say comes from the server. */
export interface Strings {
  language: string;
  open: string;
  openUnread: (count: number) => string;
  close: string;
  title: string;
  /** Two letters that stand for the assistant, where a person would have an initial. */
  tag: string;

  speaker: { ai: string; system: string; you: string; person: (name: string) => string; somebody: string };
  header: { ai: string; queued: string; closed: string; person: (name: string) => string };
  about: { ai: string; queued: string; human: string; wrapUp: string; closed: string };

  person: {
    ask: string;
    asking: string;
    inLine: string;
    here: string;
    stay: string;
  };
  queue: {
    title: string;
    position: (position: number) => string;
    next: string;
    wait: (low: number, high: number) => string;
    waitUnknown: string;
    hours: (hours: string) => string;
  };

  connecting: string;
  offline: string;
  online: string;
  refused: string;
  reconnect: string;

  composer: { label: string; placeholder: string; waiting: string; send: string; left: (count: number) => string; over: (count: number) => string };
  status: { waiting: string; sending: string; sent: string; failed: string; again: string; discard: string };
  errors: Partial<Record<ErrorCode, string>> & { otherwise: string };
  typing: { ai: string; person: (name: string) => string };
  newMessages: string;
  toLatest: string;
  log: string;
  choices: string;
  image: string;

  end: { button: string; ask: string; yes: string; no: string };
  newConversation: string;
  feedback: {
    title: string;
    heard: string;
    valued: string;
    feeling: string;
    resolved: string;
    agreeLow: string;
    agreeHigh: string;
    feelingLow: string;
    feelingHigh: string;
    resolvedLow: string;
    resolvedHigh: string;
    comment: string;
    send: string;
    skip: string;
    thanks: string;
    failed: string;
  };
}
