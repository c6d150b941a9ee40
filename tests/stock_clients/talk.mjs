// Holds a conversation with a stock Socket.IO client the way Rasa's own widgets do, and prints what came as JSON lines.
//   node talk.mjs <client package> <url> <message> [<message> ...]
import { createRequire } from "node:module";

const [, , packageName, url, ...messages] = process.argv;
const require = createRequire(import.meta.url);
const { io } = require(packageName);
const socket = io(url, { path: "/socket.io", transports: ["polling", "websocket"], reconnection: false });
let sessionId = null;
let waiting = [...messages];
let quiet = null;

const tell = (kind, data) => process.stdout.write(`${JSON.stringify({ kind, data })}\n`);
const next = () => {
  if (waiting.length === 0) {
    tell("done", null);
    socket.disconnect();
    process.exit(0);
  }
  const message = waiting.shift();
  socket.emit("user_uttered", { message, customData: { language: "en" }, session_id: sessionId });
};
const later = () => {
  clearTimeout(quiet);
  quiet = setTimeout(next, 800);
};

socket.on("connect", () => socket.emit("session_request", { session_id: null }));
socket.on("session_confirm", (remote) => {
  sessionId = typeof remote === "string" ? remote : remote.session_id;
  tell("session_confirm", remote);
});
socket.on("bot_uttered", (data) => {
  tell("bot_uttered", data);
  later();
});
socket.on("connect_error", (error) => {
  tell("connect_error", String(error));
  process.exit(1);
});
setTimeout(() => {
  tell("timeout", { sessionId, left: waiting.length });
  process.exit(2);
}, 45000);
