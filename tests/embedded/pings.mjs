/**
 * What a session sends to a client that is silent, until its socket is closed.
 * Ends by itself only when nothing is left that pings.
 */

import { EventEmitter } from "node:events";

const { SyncService } = await import(
  new URL(
    "../../generator/convexgen/embedded/server/protocol/sync.mjs",
    import.meta.url,
  )
);

class SilentSocket extends EventEmitter {
  sent = [];
  send = (text) => this.sent.push(JSON.parse(text).type);
  ping = () => {
    this.sent.push("ping of WebSocket");
    if (this.sent.length >= 4) this.emit("close");
  };
}

const host = {
  onTouched() {},
  onReplaced() {},
  unfollow() {},
};
const service = new SyncService({ host, authenticator: null, pingInterval: 1 });
const socket = new SilentSocket();
service.accept(socket, null);
await new Promise((resolve) => socket.on("close", resolve));
process.stdout.write(`${JSON.stringify(socket.sent)}\n`);
