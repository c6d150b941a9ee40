import { render } from "preact";
import { webStorage } from "../shared/storage";
import { openSocket } from "../shared/wire-socket";
import { ChatClient } from "./client";
import { sessionMemory, subjectOf } from "./session-memory";
import { stringsFor } from "./strings";
import css from "./style.css?inline";
import { App } from "./ui/app";

let sheet: CSSStyleSheet | undefined;

function styles(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  return sheet;
}

/**
 * `<candour-chat server="https://…" token="…" locale="de-DE">`. Without `server` the origin that served the script
 * is used; without `token` the customer is anonymous; without `locale` the page's or the browser's language.
 */
export class CandourChat extends HTMLElement {
  static readonly observedAttributes = ["server", "token", "locale"];
  static defaultServer = "";

  private client: ChatClient | undefined;
  private scheduled = false;
  private readonly tab = webStorage("session");
  private readonly onStorage = (event: StorageEvent): void => {
    if (event.key !== null && event.key === this.memoryKey) this.client?.follow(event.newValue);
  };
  private memoryKey = "";
  private told: string | null = null;

  connectedCallback(): void {
    if (!this.shadowRoot) this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles()];
    window.addEventListener("storage", this.onStorage);
    this.build();
  }

  disconnectedCallback(): void {
    window.removeEventListener("storage", this.onStorage);
    this.client?.stop();
    this.client = undefined;
    if (this.shadowRoot) render(null, this.shadowRoot);
  }

  /** Several attributes often change together: one new client for all of them. */
  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected || this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (!this.isConnected) return;
      this.client?.stop();
      if (this.shadowRoot) render(null, this.shadowRoot);
      this.build();
    });
  }

  /** The page around can mend a token that has expired: it sets the attribute anew. */
  private tellRefusal(code: string | null): void {
    if (code === this.told) return;
    this.told = code;
    if (code !== null) this.dispatchEvent(new CustomEvent("candour-refused", { bubbles: true, detail: { code } }));
  }

  private build(): void {
    if (!this.shadowRoot) return;
    const server = this.getAttribute("server") || CandourChat.defaultServer || window.location.origin;
    const token = this.getAttribute("token") || null;
    const locale = this.getAttribute("locale") || document.documentElement.lang || navigator.language || "en-GB";
    const memory = sessionMemory(webStorage("local"), { server, subject: subjectOf(token), now: Date.now });
    this.memoryKey = memory.key;
    const client = new ChatClient({ server, token, locale, memory, tab: this.tab, openWire: openSocket });
    this.client = client;
    this.told = null;
    client.state.subscribe(() => this.tellRefusal(client.state.get().refusal));
    render(<App client={client} strings={stringsFor(locale)} locale={locale} tab={this.tab} />, this.shadowRoot);
  }
}
