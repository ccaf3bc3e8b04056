/**
 * The messages to clients, in JSON.
 * Source: the backend's `convex/sync_types/src/types/json.rs`.
 */

import { encodeTimestamp } from "./timestamps.mjs";

/**
 * @typedef {import("../threads/messages.mjs").CallResult} CallResult
 * @typedef {Pick<CallResult, "value" | "failure" | "logLines" | "commitTimestamp">} Answered
 *
 * @typedef {{ querySet: number, identity: number, timestamp: bigint }} Version
 */

export const PING = '{"type":"Ping"}';

/**
 * @param {Version} start
 * @param {Version} end
 * @param {string[]} modifications in JSON
 */
export function encodeTransition(start, end, modifications) {
  return (
    `{"type":"Transition","startVersion":${encodeVersion(start)},` +
    `"endVersion":${encodeVersion(end)},"modifications":[${modifications.join(",")}]}`
  );
}

/** @param {Version} version */
function encodeVersion({ querySet, identity, timestamp }) {
  return `{"querySet":${querySet},"identity":${identity},"ts":"${encodeTimestamp(timestamp)}"}`;
}

/** @param {number} queryId */
export function encodeQueryRemoved(queryId) {
  return `{"type":"QueryRemoved","queryId":${queryId}}`;
}

/**
 * @param {{ queryId: number, journal: string | null }} query
 * @param {CallResult} result
 */
export function encodeQueryResult(
  { queryId, journal },
  { value, failure, logLines },
) {
  const rest = `"logLines":${JSON.stringify(logLines)},"journal":${JSON.stringify(journal)}`;
  if (failure === null) {
    return `{"type":"QueryUpdated","queryId":${queryId},"value":${value},${rest}}`;
  }
  const message = JSON.stringify(failure.message);
  const data = failure.data === null ? "" : `,"errorData":${failure.data}`;
  return `{"type":"QueryFailed","queryId":${queryId},"errorMessage":${message},${rest}${data}}`;
}

/**
 * @param {"Mutation" | "Action"} kind
 * @param {number} requestId
 * @param {Answered} result
 */
export function encodeAnswer(
  kind,
  requestId,
  { value, failure, logLines, commitTimestamp },
) {
  const head = `{"type":"${kind}Response","requestId":${requestId}`;
  const logs = `"logLines":${JSON.stringify(logLines)}`;
  if (failure === null) {
    const ts =
      commitTimestamp === null
        ? ""
        : `,"ts":"${encodeTimestamp(commitTimestamp)}"`;
    return `${head},"success":true,"result":${value}${ts},${logs}}`;
  }
  const data = failure.data === null ? "" : `,"errorData":${failure.data}`;
  return `${head},"success":false,"result":${JSON.stringify(failure.message)},${logs}${data}}`;
}
