/** What is served at the two ports: the API with its WebSocket, and HTTP actions. */

import { STATUS_CODES } from "node:http";
import { RequestError } from "../errors.mjs";
import { Authenticator } from "../identity/identity.mjs";
import { HTTP_ACTIONS, HttpApi } from "./http.mjs";
import { clientOf, splitTarget } from "./httpRequests.mjs";
import { checkIsLocal } from "./locality.mjs";
import { received } from "./heldBytes.mjs";
import { SyncService } from "./sync.mjs";
import { TokenVerifier } from "../identity/tokens.mjs";
import { UnfinishedMessage } from "./unfinishedMessage.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:http").RequestListener} RequestListener
 * @typedef {import("node:stream").Duplex} Duplex
 * @typedef {import("../identity/providers.mjs").AuthProvider} AuthProvider
 * @typedef {import("../control/faults.mjs").Faults} Faults
 * @typedef {import("./port.mjs").Port} Port
 * @typedef {import("../threads/remoteHost.mjs").RemoteHost} RemoteHost
 *
 * @typedef {object} Serving
 * @property {(providers: AuthProvider[] | null) => void} setProviders of users' tokens
 * @property {() => Promise<void>} close frees the port of the API, and ends every connection
 */

const SYNC_PATH = /^\/api\/(?:(?<version>[^/]+)\/)?sync$/;
const NOT_FOUND = 404;
/** What a client may send in one message: arguments of 16 MiB, encoded. */
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024;

/**
 * @param {object} options
 * @param {Port} options.cloud of the API
 * @param {Port} options.site of HTTP actions, which goes on with what is served there next
 * @param {RemoteHost} options.host
 * @param {typeof import("ws")} options.ws
 * @param {string} options.adminKey
 * @param {AuthProvider[] | null} options.providers of users' tokens
 * @param {string | null} options.jwtSecret of the tokens that tests sign
 * @param {import("../identity/signing.mjs").SigningKey["public"]} options.publicKey of the tokens that functions sign
 * @param {string} options.version of the npm package `convex`
 * @param {Faults | null} [options.faults] that calls are to suffer
 * @returns {Serving}
 */
export function serve({
  cloud,
  site,
  host,
  ws,
  adminKey,
  providers,
  jwtSecret,
  publicKey,
  version,
  faults = null,
}) {
  const tokens = new TokenVerifier({ providers, secret: jwtSecret });
  const authenticator = new Authenticator(adminKey, tokens);
  const api = new HttpApi({ host, authenticator, publicKey, version });
  const sync = new SyncService({ host, authenticator });
  const sockets = new ws.WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_SIZE,
    autoPong: false,
  });
  /** @type {RequestListener} */
  const request = faults?.guardRequests(api.handle) ?? api.handle;
  /** @type {import("../control/faults.mjs").UpgradeListener} */
  const upgrade = (request, socket, head) => {
    const refusal = refusalOf(request);
    if (refusal !== null) {
      refuse(socket, refusal);
      return;
    }
    const npmVersion = SYNC_PATH.exec(pathOf(request))?.groups?.version ?? null;
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      const guarded = faults?.guardSocket(accepted, socket) ?? accepted;
      countUnfinished(accepted, socket);
      answerPings(accepted);
      sync.accept(guarded, npmVersion, clientOf(request));
    });
  };
  cloud.serve({ request, upgrade: faults?.guardUpgrades(upgrade) ?? upgrade });
  site.serve({
    request: belowHttpActions(request),
    upgrade: (_, socket) => refuse(socket, NOT_FOUND),
  });
  return {
    setProviders: (changed) => tokens.setProviders(changed),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      site.disconnect();
      await cloud.close();
    },
  };
}

/**
 * Source: the backend's `local_backend/src/proxy.rs`.
 *
 * @param {RequestListener} listener
 * @returns {RequestListener}
 */
function belowHttpActions(listener) {
  return (request, response) => {
    request.url = `${HTTP_ACTIONS}${request.url ?? "/"}`;
    listener(request, response);
  };
}

/**
 * @param {IncomingMessage} request that opens a WebSocket
 * @returns {number | null} the status that refuses it, null for none
 */
function refusalOf(request) {
  try {
    checkIsLocal(request);
  } catch (error) {
    if (error instanceof RequestError) return error.status;
    throw error;
  }
  return SYNC_PATH.test(pathOf(request)) ? null : NOT_FOUND;
}

/**
 * @param {import("ws").WebSocket} socket
 * @param {Duplex} connection below it
 */
function countUnfinished(socket, connection) {
  const share = received.open(() => socket.terminate());
  const unfinished = new UnfinishedMessage();
  // Ahead of who takes messages out of it.
  connection.prependListener("data", (/** @type {Buffer} */ piece) => {
    unfinished.add(piece);
    share.add(unfinished.weight - share.size);
  });
  socket.on("close", () => share.close());
}

/**
 * Answers the latest ping when the answer before has left, as RFC 6455 allows (5.5.3): of one that
 * does not read, one answer waits.
 *
 * @param {import("ws").WebSocket} socket
 */
function answerPings(socket) {
  /** @type {Buffer | null} */
  let latest = null;
  let isAnswering = false;
  const answer = () => {
    isAnswering = latest !== null;
    if (latest === null) return;
    const data = latest;
    latest = null;
    socket.pong(data, false, answer);
  };
  socket.on("ping", (data) => {
    latest = data;
    if (!isAnswering) answer();
  });
}

/** @param {IncomingMessage} request */
function pathOf({ url = "" }) {
  return splitTarget(url).pathname;
}

/**
 * @param {Duplex} socket
 * @param {number} status
 */
function refuse(socket, status) {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n` +
      "Connection: close\r\nContent-Length: 0\r\n\r\n",
  );
}
