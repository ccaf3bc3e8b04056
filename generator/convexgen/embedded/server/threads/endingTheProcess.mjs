/** What the code of a project may not do to the program that runs it. */

/** The thread is everybody's, so that it is not for one function to end it. */
export function refuseEndingTheProcess() {
  for (const name of /** @type {const} */ (["exit", "abort", "kill"])) {
    process[name] = () => {
      throw new Error(`process.${name} cannot be used in Convex functions`);
    };
  }
}
