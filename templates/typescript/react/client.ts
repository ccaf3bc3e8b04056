import type { ConvexReactClient } from "convex/react";
import { makeFunctionReference } from "convex/server";
import { convexToJson, type Value } from "convex/values";

import type { OnCall } from "../runtime/callEvents.js";
import type { Call } from "../runtime/calls.js";
import { Client, decoded, received } from "../runtime/client.js";
import { ConvexgenError, InvalidArgument } from "../runtime/errors.js";
import type { Exchange } from "../runtime/exchange.js";
import type { Socket } from "../runtime/subscriptions.js";

/**
 * Calls functions over the WebSocket of a `ConvexReactClient`, with the identity
 * that it has. Mutations run once: Convex answers one that is sent again after a
 * break, and does not run it.
 */
export class ReactClient extends Client {
  readonly #convex: ConvexReactClient;

  constructor(convex: ConvexReactClient, onCall: OnCall | undefined) {
    super(convex.url, { onCall });
    this.#convex = convex;
  }

  override socket(): Socket {
    return {
      onUpdate: (query, args, deliver, fail) => {
        const watch = this.#convex.watchQuery(query, args);
        const report = () => {
          let result: Value | undefined;
          try {
            result = watch.localQueryResult() as Value | undefined;
          } catch (error) {
            fail(error as Error);
            return;
          }
          if (result !== undefined) deliver(result);
        };
        const unsubscribe = watch.onUpdate(report);
        report();
        return unsubscribe;
      },
    };
  }

  protected override async _ask<Result>(
    call: Call<Result>,
    args: Record<string, Value>,
    exchange: Exchange,
    timestamp: string | undefined,
  ): Promise<Result> {
    if (timestamp !== undefined) {
      throw new InvalidArgument(
        "the client of React has no reads of one moment: open a storage with its URL",
        { operation: call.operation },
      );
    }
    let isSent = false;
    try {
      const answer = await exchange.inTime(() => {
        isSent = true;
        exchange.traffic?.send(jsonOf(args));
        return this.#send(call, args);
      });
      exchange.traffic?.receive(jsonOf(answer));
      return decoded(call, answer);
    } catch (error) {
      if (!(error instanceof ConvexgenError)) throw received(error, call);
      throw isSent ? exchange.doubted(error) : error;
    }
  }

  async #send(
    { kind, path }: Call<unknown>,
    args: Record<string, Value>,
  ): Promise<Value> {
    const convex = this.#convex;
    switch (kind) {
      case "query":
        return await convex.query(reference<"query">(path), args);
      case "mutation":
        return await convex.mutation(reference<"mutation">(path), args);
      case "action":
        return await convex.action(reference<"action">(path), args);
    }
  }
}

function jsonOf(value: Value): string {
  return JSON.stringify(convexToJson(value));
}

function reference<Kind extends "action" | "mutation" | "query">(path: string) {
  return makeFunctionReference<Kind, Record<string, Value>, Value>(path);
}
