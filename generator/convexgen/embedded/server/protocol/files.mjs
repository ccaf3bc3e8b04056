/** Upload and download of stored files over HTTP, below `/api/storage/`. */

import { RequestError } from "../errors.mjs";

/**
 * @typedef {import("node:http").IncomingHttpHeaders} IncomingHttpHeaders
 * @typedef {import("../threads/remoteHost.mjs").RemoteHost["files"]} FileStorage
 *
 * @typedef {object} FileAnswer
 * @property {number} status
 * @property {{ [name: string]: string }} headers
 * @property {Uint8Array | string} body
 */

export const STORAGE_PREFIX = "/api/storage/";
/** Convex has no limit; a body has to fit into memory here. */
export const MAX_UPLOAD_SIZE = 256 * 1024 * 1024;

const RANGE = /^bytes=(?<first>\d*)-(?<last>\d*)$/;

/**
 * @param {FileStorage} storage
 * @param {object} request
 * @param {string} request.method
 * @param {string} request.path behind the prefix
 * @param {URLSearchParams} request.parameters
 * @param {IncomingHttpHeaders} request.headers
 * @param {() => Promise<Buffer>} request.readBody
 * @returns {Promise<FileAnswer>}
 * @throws {RequestError}
 */
export async function answerFile(
  storage,
  { method, path, parameters, headers, readBody },
) {
  if (path === "upload") {
    if (method !== "POST") throw wrongMethod(method, "POST");
    const token = parameters.get("token") ?? "";
    // Before anything is read: nobody but who has one may have so much kept in memory.
    await storage.checkUpload(token);
    const storageId = await storage.upload(
      token,
      new Uint8Array(await readBody()),
      headers["content-type"] ?? null,
      digestOf(headers),
    );
    return {
      status: 200,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ storageId }),
    };
  }
  if (method !== "GET" && method !== "HEAD")
    throw wrongMethod(method, "GET or HEAD");
  const file = await storage.read(path);
  if (file === null) {
    throw new RequestError(404, "FileNotFound", `There is no file ${path}`);
  }
  const { bytes, contentType, sha256 } = file;
  const described = {
    "Content-Type": contentType ?? "application/octet-stream",
    Digest: `sha-256=${sha256}`,
    "Cache-Control": "private, max-age=2592000",
    "Accept-Ranges": "bytes",
  };
  const range = rangeOf(headers.range, bytes.length);
  if (range === null) return { status: 200, headers: described, body: bytes };
  const { first, last } = range;
  return {
    status: 206,
    headers: {
      ...described,
      "Content-Range": `bytes ${first}-${last}/${bytes.length}`,
    },
    body: bytes.subarray(first, last + 1),
  };
}

/**
 * @param {string} method
 * @param {string} allowed
 */
function wrongMethod(method, allowed) {
  return new RequestError(
    405,
    "MethodNotAllowed",
    `${STORAGE_PREFIX} takes ${allowed} there, not ${method}`,
  );
}

/**
 * @param {IncomingHttpHeaders} headers
 * @returns {string | undefined}
 */
function digestOf({ digest }) {
  const text = Array.isArray(digest) ? digest[0] : digest;
  return /^sha-256=(.+)$/i.exec(text ?? "")?.[1];
}

/**
 * @param {string | undefined} header
 * @param {number} length
 * @returns {{ first: number, last: number } | null} null: the whole
 */
function rangeOf(header, length) {
  const groups = RANGE.exec(header ?? "")?.groups;
  if (groups === undefined || length === 0) return null;
  const { first = "", last = "" } = groups;
  if (first === "" && last === "") return null;
  const range =
    first === ""
      ? { first: Math.max(0, length - Number(last)), last: length - 1 }
      : {
          first: Number(first),
          last: last === "" ? length - 1 : Math.min(Number(last), length - 1),
        };
  if (range.first > range.last) {
    throw new RequestError(
      416,
      "RangeNotSatisfiable",
      `The file has ${length} bytes`,
    );
  }
  return range;
}
