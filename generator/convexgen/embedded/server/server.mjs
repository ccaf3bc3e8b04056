/** The listening server: HTTP and WebSocket on one loopback port. */

import { once } from "node:events";
import { createServer } from "node:http";
import { isIPv6 } from "node:net";
import { RequestError, StartError } from "./errors.mjs";
import { Authenticator } from "./identity.mjs";
import { HttpApi } from "./protocol/http.mjs";
import { checkIsLocal } from "./protocol/locality.mjs";
import { SyncService } from "./protocol/sync.mjs";
import { TokenVerifier } from "./tokens.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:stream").Duplex} Duplex
 * @typedef {import("./authConfig.mjs").AuthProvider} AuthProvider
 * @typedef {import("./faults.mjs").Faults} Faults
 * @typedef {import("./remoteHost.mjs").RemoteHost} RemoteHost
 *
 * @typedef {object} Listening
 * @property {string} url such as `http://127.0.0.1:50321`
 * @property {number} port
 * @property {(providers: AuthProvider[] | null) => void} setProviders of users' tokens
 * @property {() => Promise<void>} close ends every connection too
 */

const SYNC_PATH = /^\/api\/(?:(?<version>[^/]+)\/)?sync$/;
/** What a client may send in one message: arguments of 16 MiB, encoded. */
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024;
const KEEP_ALIVE_TIMEOUT = 120_000;

/**
 * @param {object} options
 * @param {RemoteHost} options.host
 * @param {typeof import("ws")} options.ws
 * @param {string} options.adminKey
 * @param {AuthProvider[] | null} options.providers of users' tokens
 * @param {string | null} options.jwtSecret of the tokens that tests sign
 * @param {import("./signing.mjs").SigningKey["public"]} options.publicKey of the tokens that functions sign
 * @param {string} options.version of the npm package `convex`
 * @param {string} options.address of this machine alone
 * @param {number} options.port 0 for any free one
 * @param {Faults | null} [options.faults] that calls are to suffer
 * @returns {Promise<Listening>}
 */
export function listen({
  host,
  ws,
  adminKey,
  providers,
  jwtSecret,
  publicKey,
  version,
  address,
  port,
  faults = null,
}) {
  const tokens = new TokenVerifier({ providers, secret: jwtSecret });
  const authenticator = new Authenticator(adminKey, tokens);
  const api = new HttpApi({ host, authenticator, publicKey, version });
  const sync = new SyncService({ host, authenticator });
  const sockets = new ws.WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_SIZE,
  });
  const server = createServer({
    noDelay: true,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
  });
  server.on("request", faults?.guardRequests(api.handle) ?? api.handle);
  server.on("upgrade", (request, socket, head) => {
    const npmVersion = acceptableSyncVersion(request);
    if (npmVersion === undefined) {
      refuse(socket);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      sync.accept(faults?.guardSocket(accepted) ?? accepted, npmVersion);
    });
  });
  return new Promise((resolve, reject) => {
    server.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      reject(
        new StartError(
          error.code === "EADDRINUSE"
            ? portTaken(port)
            : `The server cannot listen at ${address}, port ${port}: ${error.message}`,
        ),
      );
    });
    server.listen(port, address, () => {
      const bound = server.address();
      const ownPort =
        typeof bound === "object" && bound !== null ? bound.port : port;
      const url = `http://${isIPv6(address) ? `[${address}]` : address}:${ownPort}`;
      host.setOrigin(url);
      resolve({
        url,
        port: ownPort,
        setProviders: (changed) => tokens.setProviders(changed),
        close: () => close(server, sockets),
      });
    });
  });
}

/** @param {number} port */
function portTaken(port) {
  return `Port ${port} is in use. Name another with --port, or 0 for any free one.`;
}

/**
 * @param {IncomingMessage} request
 * @returns {string | null | undefined} the version of an npm client, null for another client, undefined to refuse it
 */
function acceptableSyncVersion(request) {
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const match = SYNC_PATH.exec(path);
  if (match === null) return undefined;
  try {
    checkIsLocal(request);
  } catch (error) {
    if (error instanceof RequestError) return undefined;
    throw error;
  }
  return match.groups?.version ?? null;
}

/** @param {Duplex} socket */
function refuse(socket) {
  socket.end(
    "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
  );
}

/**
 * @param {import("node:http").Server} server
 * @param {import("ws").WebSocketServer} sockets
 * @returns {Promise<void>}
 */
async function close(server, sockets) {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  for (const socket of sockets.clients) socket.terminate();
  await closed;
}
