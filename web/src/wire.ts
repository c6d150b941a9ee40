/**
 * Readers of what comes over the wire. A field that is missing or of another type gets a harmless value,
 * so that a newer server cannot break an older page; what has no identity at all is refused with null.
 */
import {
  PRIORITIES,
  ROLES,
  type Alert,
  type Assist,
  type Card,
  type ChatMessage,
  type DeskAgent,
  type DeskEntry,
  type DeskSession,
  type EntryKind,
  type ErrorCode,
  type Json,
  type Mode,
  type Person,
  type Presence,
  type Priority,
  type QuickReply,
  type Sender,
  type SentAck,
  type SessionState,
  type WireError,
} from "./protocol";

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.includes(value as T) ? (value as T) : otherwise;
}

const SENDERS: readonly Sender[] = ["ai", "agent", "system", "customer"];
const MODES: readonly Mode[] = ["ai", "queued", "human", "wrap_up", "closed"];
const KINDS: readonly EntryKind[] = ["message", "note", "whisper", "suppressed"];
const PRESENCES: readonly Presence[] = ["available", "away", "offline"];

/** Pictures come over https, from our own server, or as inline bitmaps; nothing else is loaded. */
export function safeImage(value: unknown): string | undefined {
  const src = text(value);
  if (src === undefined) return undefined;
  if (/^https:\/\//i.test(src) || /^\/(?!\/)/.test(src)) return src;
  return /^data:image\/(png|jpeg|gif|webp);base64,/i.test(src) ? src : undefined;
}

function readButtons(value: unknown): QuickReply[] {
  const found: QuickReply[] = [];
  for (const item of list(value)) {
    if (!isObject(item)) continue;
    const title = text(item["title"]);
    if (title) found.push({ title, payload: text(item["payload"]) || title });
  }
  return found;
}

function readCards(value: unknown): Card[] {
  const found: Card[] = [];
  for (const item of list(value)) {
    if (!isObject(item)) continue;
    const title = text(item["title"]);
    if (!title) continue;
    const card: Card = { title, buttons: readButtons(item["buttons"]) };
    const subtitle = text(item["subtitle"]);
    if (subtitle) card.subtitle = subtitle;
    const image = safeImage(item["image_url"] ?? item["image"]);
    if (image) card.image = image;
    found.push(card);
  }
  return found;
}

/** What a message shows besides its text: replies to choose from, a picture, cards. */
function readExtras(source: Json): Pick<ChatMessage, "quickReplies" | "image" | "cards"> {
  const extras: Pick<ChatMessage, "quickReplies" | "image" | "cards"> = {};
  const replies = readButtons(source["quick_replies"] ?? source["buttons"]);
  if (replies.length > 0) extras.quickReplies = replies;
  let image = safeImage(source["image"]);
  let cards = readCards(source["elements"]);
  const attachment = source["attachment"];
  if (isObject(attachment) && isObject(attachment["payload"])) {
    if (attachment["type"] === "image") image = safeImage(attachment["payload"]["src"]);
    if (attachment["type"] === "template") cards = readCards(attachment["payload"]["elements"]);
  }
  if (image) extras.image = image;
  if (cards.length > 0) extras.cards = cards;
  return extras;
}

/** `bot_uttered` and `user_message`; null when it carries no place in the sequence. */
export function readChatMessage(payload: unknown): ChatMessage | null {
  if (!isObject(payload) || !isObject(payload["metadata"])) return null;
  const meta = payload["metadata"];
  const seq = number(meta["seq"]);
  if (seq === undefined || seq < 1) return null;
  const message: ChatMessage = {
    id: text(meta["id"]) ?? `seq-${seq}`,
    seq,
    at: text(meta["at"]) ?? "",
    sender: oneOf(meta["sender"], SENDERS, "system"),
    ...readExtras(payload),
  };
  const body = text(payload["text"]);
  if (body !== undefined) message.text = body;
  const name = text(meta["name"]);
  if (name) message.name = name;
  const clientId = text(meta["client_id"]);
  if (clientId) message.clientId = clientId;
  if (meta["disclosure"] === true) message.disclosure = true;
  return message;
}

export function readSessionState(payload: unknown): SessionState | null {
  if (!isObject(payload)) return null;
  const state: SessionState = {
    mode: oneOf(payload["mode"], MODES, "ai"),
    epoch: number(payload["epoch"]) ?? 0,
  };
  const position = number(payload["position"]);
  if (position !== undefined && position > 0) state.position = position;
  const [low, high] = list(payload["wait_s"]).map(number);
  if (low !== undefined && high !== undefined) state.waitS = [Math.min(low, high), Math.max(low, high)];
  const agent = payload["agent"];
  const name = isObject(agent) ? text(agent["name"]) : undefined;
  if (name) state.agentName = name;
  const locale = text(payload["locale"]);
  if (locale) state.locale = locale;
  const hours = text(payload["hours"]);
  if (hours) state.hours = hours;
  return state;
}

export function readError(payload: unknown): WireError | null {
  if (!isObject(payload) || payload["error"] === undefined) return null;
  const error = payload["error"];
  if (!isObject(error)) return { code: "payload_invalid", message: text(error) ?? "" };
  const result: WireError = {
    code: (text(error["code"]) ?? "payload_invalid") as ErrorCode,
    message: text(error["message"]) ?? "",
  };
  const by = error["claimed_by"];
  const claimedBy = isObject(by) ? text(by["name"]) : text(by);
  if (claimedBy) result.claimed_by = claimedBy;
  return result;
}

export function readSentAck(payload: unknown): SentAck {
  const error = readError(payload);
  if (error) return { error };
  const seq = isObject(payload) ? number(payload["seq"]) : undefined;
  if (!isObject(payload) || seq === undefined) {
    return { error: { code: "payload_invalid", message: "The acknowledgement carried no sequence number." } };
  }
  const stored = text(payload["text"]);
  return { id: text(payload["id"]) ?? `seq-${seq}`, seq, ...(stored === undefined ? {} : { text: stored }) };
}

function readPerson(value: unknown): Person | null {
  if (!isObject(value)) return null;
  const id = text(value["id"]);
  return id === undefined ? null : { id, name: text(value["name"]) ?? id };
}

export function readAgent(value: unknown): DeskAgent | null {
  const person = readPerson(value);
  if (!person || !isObject(value)) return null;
  return {
    ...person,
    role: oneOf(value["role"], ROLES, "agent"),
    status: oneOf(value["status"], PRESENCES, "offline"),
  };
}

export function readAgents(value: unknown): DeskAgent[] {
  return list(value)
    .map(readAgent)
    .filter((agent): agent is DeskAgent => agent !== null);
}

export function readPriority(value: unknown): Priority {
  return oneOf(value, PRIORITIES, "standard");
}

export function readDeskSession(payload: unknown): DeskSession | null {
  if (!isObject(payload)) return null;
  const sessionId = text(payload["session_id"]);
  if (!sessionId) return null;
  const last = payload["last_message"];
  return {
    sessionId,
    version: number(payload["version"]) ?? 0,
    mode: oneOf(payload["mode"], MODES, "ai"),
    epoch: number(payload["epoch"]) ?? 0,
    agent: readPerson(payload["agent"]),
    queue: text(payload["queue"]) ?? "",
    priority: readPriority(payload["priority"]),
    criterion: text(payload["criterion"]) ?? null,
    why: text(payload["why"]) ?? null,
    evidence: isObject(payload["evidence"]) ? payload["evidence"] : null,
    policyVersion: text(payload["policy_version"]) ?? null,
    skill: text(payload["skill"]) ?? null,
    protocol: text(payload["protocol"]) ?? null,
    reservedFor: text(payload["reserved_for"]) ?? null,
    locale: text(payload["locale"]) ?? "",
    region: text(payload["region"]) ?? null,
    channel: text(payload["channel"]) ?? "",
    customer: readPerson(payload["customer"]),
    position: number(payload["position"]) ?? null,
    queuedAt: text(payload["queued_at"]) ?? null,
    openedAt: text(payload["opened_at"]) ?? null,
    lastMessage: isObject(last)
      ? {
          text: text(last["text"]) ?? "",
          sender: oneOf(last["sender"], SENDERS, "system"),
          at: text(last["at"]) ?? "",
        }
      : null,
  };
}

export function readDeskSessions(payload: unknown): DeskSession[] {
  const source = isObject(payload) ? payload["sessions"] : payload;
  return list(source)
    .map(readDeskSession)
    .filter((session): session is DeskSession => session !== null);
}

export function readDeskEntry(payload: unknown): DeskEntry | null {
  if (!isObject(payload)) return null;
  const sessionId = text(payload["session_id"]);
  if (!sessionId) return null;
  const meta = isObject(payload["metadata"]) ? payload["metadata"] : {};
  const version = number(payload["version"]) ?? 0;
  const entry: DeskEntry = {
    sessionId,
    version,
    seq: number(payload["seq"]) ?? null,
    id: text(payload["id"]) ?? `v-${version}`,
    at: text(payload["at"]) ?? "",
    sender: oneOf(payload["sender"], SENDERS, "system"),
    name: text(payload["name"]) ?? "",
    text: text(payload["text"]) ?? "",
    kind: oneOf(payload["kind"], KINDS, "message"),
    ...(isObject(payload["content"]) ? readExtras(payload["content"]) : {}),
  };
  const clientId = text(payload["client_id"]);
  if (clientId) entry.clientId = clientId;
  const response = text(meta["response"]);
  if (response) entry.response = response;
  if (meta["disclosure"] === true) entry.disclosure = true;
  return entry;
}

export function readDeskEntries(payload: unknown): DeskEntry[] {
  return list(payload)
    .map(readDeskEntry)
    .filter((entry): entry is DeskEntry => entry !== null);
}

export function readAlert(payload: unknown): Alert | null {
  if (!isObject(payload)) return null;
  const alert: Alert = { kind: text(payload["kind"]) ?? "message" };
  const sessionId = text(payload["session_id"]);
  if (sessionId) alert.sessionId = sessionId;
  if (text(payload["priority"])) alert.priority = readPriority(payload["priority"]);
  const criterion = text(payload["criterion"]);
  if (criterion) alert.criterion = criterion;
  const body = text(payload["text"]);
  if (body) alert.text = body;
  return alert;
}

export function readSignals(value: unknown): Record<string, number> {
  const found: Record<string, number> = {};
  if (isObject(value)) {
    for (const [name, probability] of Object.entries(value)) {
      const p = number(probability);
      if (p !== undefined) found[name] = p;
    }
  }
  return found;
}

/** What the brain read in the customer's message, for the agent's eyes only. */
export function readAssist(payload: unknown): Assist | null {
  if (!isObject(payload)) return null;
  const sessionId = text(payload["session_id"]);
  if (!sessionId) return null;
  const parse = isObject(payload["parse"]) ? payload["parse"] : payload;
  const intent = isObject(parse["intent"]) ? parse["intent"] : {};
  const entities: Assist["entities"] = [];
  for (const item of list(parse["entities"])) {
    if (!isObject(item)) continue;
    const entity = text(item["entity"]);
    if (entity) entities.push({ entity, value: String(item["value"] ?? "") });
  }
  const drafts: Assist["drafts"] = [];
  for (const item of list(payload["drafts"] ?? payload["suggestions"])) {
    if (!isObject(item)) continue;
    const body = text(item["text"]);
    if (body) drafts.push({ id: text(item["id"]) ?? "", text: body });
  }
  return {
    sessionId,
    intent: text(intent["name"]) ?? null,
    confidence: number(intent["confidence"]) ?? null,
    signals: readSignals(parse["signals"]),
    entities,
    drafts,
  };
}
