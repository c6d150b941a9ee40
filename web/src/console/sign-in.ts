/** The desk's sign-in. The token lives in this tab only, and goes with it. */
import { ROLES, type Role } from "../protocol";
import type { KeyValue } from "../shared/storage";
import { isObject, readError, text } from "../wire";

const KEY = "candour:desk:account";

export interface Account {
  token: string;
  role: Role;
}

export function readAccount(stored: string | null): Account | null {
  try {
    const value: unknown = JSON.parse(stored ?? "null");
    if (!isObject(value)) return null;
    const token = text(value["token"]);
    const role = ROLES.find((known) => known === value["role"]);
    return token && role ? { token, role } : null;
  } catch {
    return null;
  }
}

export function restore(tab: KeyValue): Account | null {
  return readAccount(tab.get(KEY));
}

export function forget(tab: KeyValue): void {
  tab.remove(KEY);
}

/** Throws an Error whose message can be shown. */
export async function signIn(tab: KeyValue, email: string, password: string): Promise<Account> {
  let response: Response;
  try {
    response = await fetch("/api/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
  } catch {
    throw new Error("The switchboard can't be reached. Check your connection.");
  }
  const body: unknown = await response.json().catch(() => null);
  const account = response.ok ? readAccount(JSON.stringify(body)) : null;
  if (account) {
    tab.set(KEY, JSON.stringify(account));
    return account;
  }
  if (response.status === 429) throw new Error("Too many attempts. Wait a minute and try again.");
  if (response.status >= 500) throw new Error("The switchboard has a problem. Try again in a moment.");
  const told = readError(body)?.message;
  throw new Error(told || "Email and password don't match.");
}
