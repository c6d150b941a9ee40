/** The demo bank's page: who is signed in, in which language the chat speaks, and the chat itself. */
import { isObject, text } from "../wire";

interface Customer {
  id: string;
  name: string;
  locale: string;
  about: string;
}

const SIGNED_IN = "demo:signed-in";
const RENEW_EVERY_MS = 30_000;
const LOCALE = "demo:locale";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}.`);
  return found as T;
}

const chat = document.createElement("candour-chat");
const locale = element<HTMLSelectElement>("locale");

function setLocale(tag: string): void {
  const offered = [...locale.options].map((option) => option.value);
  const language = tag.split("-")[0] ?? "";
  locale.value = offered.includes(tag) ? tag : (offered.find((one) => one.startsWith(language)) ?? "en-GB");
  sessionStorage.setItem(LOCALE, locale.value);
  chat.setAttribute("locale", locale.value);
}

function show(customer: Customer | null, token: string | null): void {
  element("signed-out").hidden = customer !== null;
  element("signed-in").hidden = customer === null;
  element("customer-name").textContent = customer?.name ?? "";
  element("customer-about").textContent = customer?.about ?? "";
  if (token) chat.setAttribute("token", token);
  else chat.removeAttribute("token");
}

async function signIn(customer: Customer): Promise<void> {
  const trouble = element("sign-in-trouble");
  trouble.textContent = "";
  try {
    const response = await fetch("/demo/sign-in", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ customer: customer.id }),
    });
    const body: unknown = await response.json();
    const token = isObject(body) ? text(body["token"]) : undefined;
    if (!response.ok || !token) throw new Error(String(response.status));
    sessionStorage.setItem(SIGNED_IN, JSON.stringify({ customer, token }));
    show(customer, token);
  } catch {
    trouble.textContent = "Signing in did not work. Please try again.";
  }
}

function readCustomers(body: unknown): Customer[] {
  const items = isObject(body) ? body["customers"] : body;
  if (!Array.isArray(items)) return [];
  return items.filter(isObject).map((item) => ({
    id: text(item["id"]) ?? "",
    name: text(item["name"]) ?? "",
    locale: text(item["locale"]) ?? "",
    about: text(item["about"]) ?? "",
  }));
}

async function listCustomers(): Promise<void> {
  const list = element("customers");
  try {
    const response = await fetch("/demo/customers");
    if (!response.ok) throw new Error(String(response.status));
    const customers = readCustomers(await response.json());
    list.replaceChildren(
      ...customers.map((customer) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.dataset["testid"] = "customer";
        button.dataset["customer"] = customer.id;
        const about = document.createElement("small");
        about.textContent = customer.about || customer.locale;
        button.append(customer.name, about);
        button.addEventListener("click", () => {
          if (customer.locale) setLocale(customer.locale);
          void signIn(customer).then(() => element("sign-out").focus());
        });
        item.append(button);
        return item;
      }),
    );
  } catch {
    element("sign-in-trouble").textContent = "Online banking can't be reached at the moment.";
  }
}

function restore(): void {
  setLocale(sessionStorage.getItem(LOCALE) ?? navigator.language);
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(SIGNED_IN) ?? "null");
    if (isObject(stored) && isObject(stored["customer"]) && text(stored["token"])) {
      show(readCustomers([stored["customer"]])[0] ?? null, text(stored["token"]) ?? null);
    }
  } catch {
    sessionStorage.removeItem(SIGNED_IN);
  }
}

/** A token does not live for ever: the page fetches a new one, as a bank's own page would. */
let renewedAt = 0;
chat.addEventListener("candour-refused", () => {
  const stored: unknown = JSON.parse(sessionStorage.getItem(SIGNED_IN) ?? "null");
  const customer = isObject(stored) ? readCustomers([stored["customer"]])[0] : undefined;
  if (!customer || Date.now() - renewedAt < RENEW_EVERY_MS) return;
  renewedAt = Date.now();
  void signIn(customer);
});

restore();
document.body.append(chat);
void listCustomers();

locale.addEventListener("change", () => setLocale(locale.value));
element("sign-out").addEventListener("click", () => {
  sessionStorage.removeItem(SIGNED_IN);
  show(null, null);
  element("customers").querySelector("button")?.focus();
});
element("open-chat").addEventListener("click", () => {
  const launcher = chat.shadowRoot?.querySelector<HTMLButtonElement>(".launcher[aria-expanded='false']");
  if (launcher) launcher.click();
  else chat.shadowRoot?.querySelector<HTMLElement>("textarea:not(:disabled)")?.focus();
});
