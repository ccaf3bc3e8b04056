/** Who may reach this server: this machine, and what runs on it. */

import { isIPv4 } from "node:net";
import { RequestError } from "../errors.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:http").ServerResponse} ServerResponse
 */

/** A name or an address, and maybe a port: RFC 3986, without what no browser sends of this machine. */
const AUTHORITY = /^(?<name>[a-z\d.-]+|\[[\da-f:]+\])(?::\d{1,5})?$/i;
/** As browsers write one (RFC 6454). That of frames without rights, and of files, is `null`. */
const ORIGIN = /^https?:\/\/(?<authority>[^/?#@\\]+)$/i;
const LOOPBACK_NAMES = new Set(["localhost", "[::1]"]);
/** Browsers bring each name below `localhost` to this machine, and ask nobody for it. */
const BELOW_LOCALHOST = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+localhost$/;

/**
 * Other sites must not reach this server through a browser or a name of theirs.
 *
 * @param {IncomingMessage} request
 * @throws {RequestError}
 */
export function checkIsLocal({ headers, rawHeaders }) {
  // Of several, Node gives the first alone.
  for (let place = 0; place < rawHeaders.length; place += 2) {
    if (rawHeaders[place]?.toLowerCase() !== "host") continue;
    const host = rawHeaders[place + 1] ?? "";
    if (isLoopback(host)) continue;
    throw new RequestError(
      421,
      "MisdirectedRequest",
      `This server does not answer for ${host}`,
    );
  }
  const { origin } = headers;
  if (origin === undefined) {
    if (isOfOtherSite(headers)) throw forbidden("a page of another site");
  } else if (!isLoopbackOrigin(origin)) {
    throw forbidden(origin);
  }
}

/**
 * Whether a page of another site has its browser send this, for itself: an
 * image, a script, a frame, what it asks for and may not read. Browsers name no
 * origin then, but how they come to ask, which no page can change: Fetch
 * Metadata Request Headers, https://www.w3.org/TR/fetch-metadata. Where somebody
 * goes by a link or is sent, as from a provider of sign-in, is for the user.
 *
 * @param {import("node:http").IncomingHttpHeaders} headers without an origin
 */
function isOfOtherSite(headers) {
  // A page of the same site has the scheme of this host, and its registrable
  // domain, which for those that reach this machine is the host itself.
  if (headers["sec-fetch-site"] !== "cross-site") return false;
  const isVisit =
    headers["sec-fetch-mode"] === "navigate" &&
    headers["sec-fetch-dest"] === "document" &&
    headers["sec-purpose"] === undefined;
  return !isVisit && !isLoopbackPage(headers.referer);
}

/** @param {string} who */
function forbidden(who) {
  return new RequestError(
    403,
    "Forbidden",
    `This server does not answer to ${who}`,
  );
}

/** @param {string} authority */
function isLoopback(authority) {
  const name = AUTHORITY.exec(authority)?.groups?.name?.toLowerCase() ?? "";
  return (
    LOOPBACK_NAMES.has(name) ||
    BELOW_LOCALHOST.test(name) ||
    (isIPv4(name) && name.startsWith("127."))
  );
}

/** @param {string | undefined} page of which a browser says that it asks */
function isLoopbackPage(page) {
  return (
    page !== undefined &&
    URL.canParse(page) &&
    isLoopbackOrigin(new URL(page).origin)
  );
}

/** @param {string} origin */
function isLoopbackOrigin(origin) {
  return isLoopback(ORIGIN.exec(origin)?.groups?.authority ?? "");
}

/**
 * @param {ServerResponse} response
 * @param {string} origin
 */
export function allowOrigin(response, origin) {
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Vary", "Origin");
}

/**
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
export function answerPreflight(request, response) {
  response.writeHead(204, {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers":
      request.headers["access-control-request-headers"] ?? "*",
    "Access-Control-Max-Age": "86400",
  });
  response.end();
}
