/** HTTP actions, in the thread of functions. */

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { NO_CALL } from "../calls/activity.mjs";
import { completeContext } from "./context.mjs";
import { describeFailure } from "../errors.mjs";
import { Call, Execution, executions } from "../calls/executions.mjs";
import { ANY_VALIDATOR, settleInTime } from "./functions.mjs";
import {
  HTTP_ACTION_BODY_LIMIT,
  httpAnswer,
  httpFailure,
} from "../calls/httpAnswers.mjs";
import { encodeValue } from "../values/json.mjs";
import { writeLog } from "../log.mjs";
import { NO_CLIENT, newRequestId } from "../calls/metadata.mjs";

/**
 * @typedef {import("../calls/attribution.mjs").Attribution} Attribution
 * @typedef {import("./convexTest.mjs").Accessor} Accessor
 * @typedef {import("../calls/httpAnswers.mjs").HttpAnswer} HttpAnswer
 * @typedef {import("./httpRouting.mjs").Route} Route
 * @typedef {import("../push/router.mjs").Router} Router
 *
 * @typedef {object} HttpRequest
 * @property {number} [id] of the call
 * @property {string} target the path and query of the action
 * @property {RequestInit} init
 * @property {import("../calls/metadata.mjs").Client} [client]
 *
 * @typedef {object} HttpReceiver of an answer
 * @property {(answer: HttpAnswer, cancel: () => void) => void} answer
 *   where it has no body, that follows in parts, until it is canceled
 * @property {(part: Uint8Array) => Promise<void>} part settles when another one is wanted
 * @property {(isBroken: boolean) => void} end of the parts
 *
 * @typedef {Pick<HttpRequest, "target" | "init"> & Running} RunningRequest
 *
 * @typedef {object} Running
 * @property {string} path that the router knows
 * @property {(response: Response) => Promise<void>} answer settles when all of it has been given
 */

/** The one that an action runs for. @type {AsyncLocalStorage<RunningRequest>} */
const requests = new AsyncLocalStorage();

/** Of the action, which is none of the project's. */
export const HTTP_ACTION = "_system/http:run";

export class HttpActions {
  #attribution;
  #timeout;
  #functionsDirectory;

  /**
   * @param {object} options
   * @param {Attribution} options.attribution
   * @param {number} options.timeout milliseconds, for the body too
   * @param {string} options.functionsDirectory
   */
  constructor({ attribution, timeout, functionsDirectory }) {
    this.#attribution = attribution;
    this.#timeout = timeout;
    this.#functionsDirectory = functionsDirectory;
  }

  /**
   * @param {HttpRequest} request
   * @param {string | null} authToken of the user
   * @param {Accessor} accessor of the user
   * @param {Route | null} route null where there are no HTTP actions
   * @param {HttpReceiver} receiver
   * @returns {Promise<void>} when all of the answer has been given; it never rejects
   */
  async run(
    { id = NO_CALL, target, init, client = NO_CLIENT },
    authToken,
    accessor,
    route,
    receiver,
  ) {
    if (route === null) {
      const text = "This Convex deployment does not have HTTP actions enabled.";
      receiver.answer(httpAnswer(404, "text/plain", text), () => {});
      return;
    }
    const requestId = newRequestId();
    const call = new Call({
      id,
      path: `${init.method ?? "GET"} ${target.replace(/\?.*$/s, "")}`,
      kind: "action",
      args: null,
      encode: encodeValue,
      journal: null,
      turn: null,
      job: null,
      metadata: { ...client, requestId, scheduledFunctionId: null, authToken },
    });
    const execution = new Execution(call, true, "action");
    execution.isWaiting = false;
    execution.path = "http";
    const { componentPath } = route.mount;
    execution.componentPath = componentPath;
    this.#attribution.begin(execution);
    const answer = new Answering(receiver);
    try {
      const running = {
        target,
        init,
        path: route.path,
        answer: (/** @type {Response} */ response) => answer.give(response),
      };
      const answered = executions.run(execution, () =>
        requests.run(running, () =>
          accessor.actionFromPath({ componentPath, udfPath: HTTP_ACTION }, {}),
        ),
      );
      await settleInTime(call, this.#timeout, answered);
    } catch (error) {
      const { message } = describeFailure(
        error,
        this.#functionsDirectory,
        requestId,
      );
      writeLog(message);
      answer.fail(message);
    } finally {
      this.#attribution.end(execution);
    }
  }
}

/** One answer, which nothing follows once it has failed. */
class Answering {
  #receiver;
  /** @type {ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null} */
  #reader = null;
  #hasBegun = false;
  #isOver = false;

  /** @param {HttpReceiver} receiver */
  constructor(receiver) {
    this.#receiver = receiver;
  }

  /** @param {Response} response */
  async give({ status, headers, body }) {
    if (this.#isOver) return;
    const head = { status, headers: [...headers] };
    this.#hasBegun = true;
    if (body === null) {
      this.#receiver.answer({ ...head, body: new Uint8Array() }, () => {});
      return;
    }
    const reader = body.getReader();
    this.#reader = reader;
    this.#receiver.answer({ ...head, body: null }, () => this.#cancel());
    let size = 0;
    let isTooLarge = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#isOver) return;
      if (done) break;
      if (!(value instanceof Uint8Array))
        throw new TypeError(
          "The body of a Response is a stream of Uint8Arrays, not of other values",
        );
      // Source: `handle_http_streamed_part` in the backend's `isolate/src/environment/action/mod.rs`.
      if (size + value.length > HTTP_ACTION_BODY_LIMIT) {
        if (!isTooLarge)
          writeLog(
            "HttpResponseTooLarge: HTTP actions support responses up to 20 MiB\n",
          );
        isTooLarge = true;
        // Nobody waits for it, so that a stream without end would keep everything else waiting.
        await setImmediate();
        continue;
      }
      size += value.length;
      await this.#receiver.part(value);
    }
    this.#end(false);
  }

  /** @param {string} message */
  fail(message) {
    if (this.#isOver) return;
    if (this.#hasBegun) {
      this.#cancel();
      this.#end(true);
    } else {
      this.#isOver = true;
      this.#receiver.answer(httpFailure(message), () => {});
    }
  }

  #cancel() {
    // What a stream's author throws then concerns nobody any more.
    this.#reader?.cancel().catch(() => {});
  }

  /** @param {boolean} isBroken */
  #end(isBroken) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#receiver.end(isBroken);
  }
}

/**
 * An action of convex-test in which the HTTP actions of a component run.
 *
 * @param {Router} router
 * @param {(reference: string) => void} checkReference to a function of a component
 * @returns {import("../calls/definitions.mjs").RegisteredFunction}
 */
export function httpActionRunner(router, checkReference) {
  return {
    isAction: true,
    _handler: async (ctx) => {
      const running = requests.getStore();
      if (running === undefined) throw new Error("There is no HTTP request");
      const completed = completeContext(
        { isPublic: true, kind: "action" },
        ctx,
        null,
        checkReference,
      );
      await running.answer(await respond(router, running, completed));
      return null;
    },
    exportArgs: () => ANY_VALIDATOR,
    exportReturns: () => "null",
  };
}

/**
 * @param {Router} router
 * @param {RunningRequest} running
 * @param {object} ctx
 * @returns {Promise<Response>}
 */
async function respond(router, { target, init, path }, ctx) {
  const found = router.lookup(path, init.method ?? "GET");
  if (found === null)
    return new Response("No matching routes found", {
      status: 404,
      headers: { "content-type": "text/plain" },
    });
  const [{ _handler }] = found;
  const answer = await _handler(
    ctx,
    new Request(calledAddress(target, init), init),
  );
  if (!(answer instanceof Response))
    throw new Error("HTTP actions must return a Response");
  return answer;
}

/**
 * Source: `ExtractHttpRequestMetadata` in the backend's `local_backend/src/http_actions.rs`.
 *
 * @param {string} target
 * @param {RequestInit} init
 */
function calledAddress(target, init) {
  const headers = new Headers(init.headers);
  const scheme = headers.get("x-forwarded-proto") ?? "http";
  return `${scheme}://${headers.get("host") ?? "127.0.0.1"}${target}`;
}
