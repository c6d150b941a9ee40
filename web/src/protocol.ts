/**
 * The wire protocol, as the browser sees it: customers on the default namespace, the desk on `/desk`.
 * What arrives is `unknown` until a reader in `wire.ts` has looked at it.
 */

// ---------------------------------------------------------------- shared

export const MAX_TEXT = 1000;

export type Sender = "ai" | "agent" | "system" | "customer";
export type Mode = "ai" | "queued" | "human" | "wrap_up" | "closed";

export type ErrorCode =
  | "text_too_long"
  | "text_empty"
  | "text_invalid"
  | "payload_invalid"
  | "session_unknown"
  | "session_foreign"
  | "session_closed"
  | "token_invalid"
  | "token_expired"
  | "rate_limited"
  | "not_stored"
  | "already_claimed"
  | "not_yours"
  | "wrong_state"
  | "forbidden"
  | "not_found"
  | "unknown_event"
  | "timeout" // ours: no acknowledgement came in time
  | "offline"; // ours: there is no connection

export interface WireError {
  code: ErrorCode;
  message: string;
  claimed_by?: string;
}

export type Json = Record<string, unknown>;

export interface QuickReply {
  title: string;
  payload: string;
}

export interface Card {
  title: string;
  subtitle?: string;
  image?: string;
  buttons: QuickReply[];
}

// ---------------------------------------------------------------- customer

export interface ChatMessage {
  id: string;
  seq: number;
  at: string;
  sender: Sender;
  name?: string;
  text?: string;
  clientId?: string;
  disclosure?: boolean;
  image?: string;
  quickReplies?: QuickReply[];
  cards?: Card[];
}

export interface SessionState {
  mode: Mode;
  epoch: number;
  position?: number;
  waitS?: [number, number];
  agentName?: string;
  locale?: string;
  hours?: string;
}

export interface Feedback {
  heard?: number;
  valued?: number;
  feeling?: number;
  resolved?: number;
  comment?: string;
}

/** `text` is there when what was stored is not word for word what was sent: secrets are masked. */
export type SentAck = { id: string; seq: number; text?: string } | { error: WireError };

// ---------------------------------------------------------------- desk

export type Role = "agent" | "supervisor" | "designer" | "auditor" | "admin";
export type Presence = "available" | "away" | "offline";
export type Priority = "life_safety" | "fraud" | "vulnerable" | "standard";
export type EntryKind = "message" | "note" | "whisper" | "suppressed";
export type StopScopeKind = "all" | "intent" | "channel" | "region";

export interface Person {
  id: string;
  name: string;
}

export interface DeskAgent extends Person {
  role: Role;
  status: Presence;
}

export interface DeskSession {
  sessionId: string;
  version: number;
  mode: Mode;
  epoch: number;
  agent: Person | null;
  queue: string;
  priority: Priority;
  criterion: string | null;
  why: string | null;
  evidence: Json | null;
  policyVersion: string | null;
  skill: string | null;
  protocol: string | null;
  reservedFor: string | null;
  locale: string;
  region: string | null;
  channel: string;
  customer: Person | null;
  position: number | null;
  queuedAt: string | null;
  openedAt: string | null;
  lastMessage: { text: string; sender: Sender; at: string } | null;
}

export interface DeskEntry {
  sessionId: string;
  version: number;
  seq: number | null;
  id: string;
  at: string;
  sender: Sender;
  name: string;
  text: string;
  kind: EntryKind;
  clientId?: string;
  image?: string;
  quickReplies?: QuickReply[];
  cards?: Card[];
  response?: string;
  disclosure?: boolean;
}

export interface Alert {
  kind: string;
  sessionId?: string;
  priority?: Priority;
  criterion?: string;
  text?: string;
}

export interface Assist {
  sessionId: string;
  intent: string | null;
  confidence: number | null;
  signals: Record<string, number>;
  entities: { entity: string; value: string }[];
  drafts: { id: string; text: string }[];
}

export const PRIORITIES: readonly Priority[] = ["life_safety", "fraud", "vulnerable", "standard"];
export const ROLES: readonly Role[] = ["agent", "supervisor", "designer", "auditor", "admin"];
