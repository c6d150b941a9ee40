import { CandourChat } from "./element";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
if (script?.src) CandourChat.defaultServer = new URL(script.src).origin;

if (!customElements.get("candour-chat")) customElements.define("candour-chat", CandourChat);

/** One tag embeds the chat: `<script src="…/widget.js" data-server="…" data-token="…" data-locale="…" defer>`. */
function insert(tag: HTMLScriptElement): void {
  const { server, token, locale } = tag.dataset;
  if (server === undefined && token === undefined && locale === undefined) return;
  if (document.querySelector("candour-chat")) return;
  const element = document.createElement("candour-chat");
  if (server) element.setAttribute("server", server);
  if (token) element.setAttribute("token", token);
  if (locale) element.setAttribute("locale", locale);
  document.body.append(element);
}

if (script) {
  if (document.body && document.readyState !== "loading") insert(script);
  else document.addEventListener("DOMContentLoaded", () => insert(script), { once: true });
}
