/**
 * `ctx` of functions as `convex/server` has it. convex-test gives most of it; its `auth` is an
 * instance of a class, which loses its methods where a project spreads it, and it takes every
 * function for a public one.
 */

/**
 * @typedef {import("../calls/definitions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {(options: import("../identity/signing.mjs").SignOptions) => Promise<string>} SignJwt `ctx.auth.signJwt` of mutations
 */

/** Where `convex/server` has the address of a function of a component. */
const REFERENCE = Symbol.for("toReferencePath");

/**
 * @param {Pick<FunctionDefinition, "isPublic" | "kind">} definition
 * @param {any} ctx a plain object, as its `meta` is
 * @param {SignJwt | null} signJwt of mutations
 * @param {(reference: string) => void} checkReference for the calls of actions, which are no system calls
 * @returns {object}
 */
export function completeContext(
  { isPublic, kind },
  ctx,
  signJwt,
  checkReference,
) {
  const { auth, meta } = ctx;
  // A copy, as functions may change it.
  const getUserIdentity = async () =>
    structuredClone(await auth.getUserIdentity());
  const getFunctionMetadata = async () => ({
    ...(await meta.getFunctionMetadata()),
    visibility: isPublic ? "public" : "internal",
  });
  return {
    ...ctx,
    ...(kind === "action" && checkedCalls(ctx, checkReference)),
    auth: { getUserIdentity, ...(signJwt && { signJwt }) },
    meta: { ...meta, getFunctionMetadata },
  };
}

/**
 * @param {any} ctx
 * @param {(reference: string) => void} checkReference
 */
function checkedCalls(ctx, checkReference) {
  return Object.fromEntries(
    ["runQuery", "runMutation", "runAction"].map((name) => [
      name,
      async (/** @type {any} */ called, /** @type {unknown[]} */ ...rest) => {
        const reference = called?.[REFERENCE];
        if (reference !== undefined) checkReference(reference);
        return await ctx[name](called, ...rest);
      },
    ]),
  );
}
