/** Prints what functions know of their requests over a WebSocket of npm's client. */

import { ConvexClient } from "convex/browser";
import { anyApi } from "convex/server";
import { WebSocket } from "ws";

/** As that of a browser, which names itself. */
class NamedWebSocket extends WebSocket {
  constructor(url) {
    super(url, { headers: { "User-Agent": "a browser" } });
  }
}

const client = new ConvexClient(process.env.CONVEX_URL, {
  webSocketConstructor: NamedWebSocket,
});
await new Promise((resolve) =>
  client.setAuth(async () => process.env.TOKEN, resolve),
);
const { knownInMutation, knownInAction } = anyApi.members;
const inMutation = await client.mutation(knownInMutation, {});
const inAction = await client.action(knownInAction, {});
await client.close();
console.log(JSON.stringify([...inMutation, ...inAction]));
