/** What functions of each kind say of a caller, over HTTP and over a WebSocket. */

import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";

const url = process.env.CONVEX_URL;
const { users } = anyApi;

/** @param {string | null} token of a user; null for nobody */
export async function whoIsSeen(token) {
  const http = new ConvexHttpClient(url);
  const socket = new ConvexClient(url);
  try {
    if (token !== null) {
      http.setAuth(token);
      await new Promise((resolve) =>
        socket.setAuth(async () => token, resolve),
      );
    }
    return await Promise.all(
      [http, socket].flatMap((client) => [
        client.query(users.inQuery, {}),
        client.mutation(users.inMutation, {}),
        client.action(users.inAction, {}),
      ]),
    );
  } finally {
    await socket.close();
  }
}
