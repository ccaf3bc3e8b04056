/** Says in the shared memory which call goes on. */

import { createHook } from "node:async_hooks";
import { executions } from "./executions.mjs";

/**
 * @typedef {import("./activity.mjs").Activity} Activity
 * @typedef {import("./executions.mjs").Execution} Execution
 */

// Functions see another clock.
const now = performance.now.bind(performance);

export class Attribution {
  #activity;
  #actions = 0;
  #hook;

  /** @param {Activity} activity */
  constructor(activity) {
    this.#activity = activity;
    this.#hook = createHook({
      before: () => this.#enter(executions.getStore()),
    });
  }

  /** @param {Execution | undefined} execution */
  #enter(execution) {
    if (execution?.call)
      this.#activity.enter(execution.call.id, execution.kind);
    else this.#activity.leave();
  }

  /**
   * Transactions run one after another, but actions run beside everything: as
   * long as there is one, each continuation tells whose it is.
   *
   * @param {Execution} execution whose function begins
   */
  begin(execution) {
    if (execution.kind === "action" && this.#actions++ === 0)
      this.#hook.enable();
    this.#enter(execution);
  }

  /**
   * @param {Execution} execution whose function began
   * @param {Execution} [caller] whose function goes on
   */
  end(execution, caller) {
    if (execution.kind === "action" && --this.#actions === 0)
      this.#hook.disable();
    this.#enter(caller);
  }

  /**
   * Work of the server for a function, which does not count as the function's.
   *
   * @template T
   * @param {() => T} work
   * @returns {T}
   */
  system(work) {
    const start = now();
    try {
      return work();
    } finally {
      this.#activity.systemTime += now() - start;
    }
  }
}
