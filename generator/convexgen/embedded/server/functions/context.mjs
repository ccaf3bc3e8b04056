/**
 * `ctx` of functions as `convex/server` has it. convex-test gives most of it; its `auth` is an
 * instance of a class, which loses its methods where a project spreads it, and it takes every
 * function for a public one.
 */

/**
 * @typedef {import("../calls/definitions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {(options: import("../identity/signing.mjs").SignOptions) => Promise<string>} SignJwt `ctx.auth.signJwt` of mutations
 */

/**
 * @param {Pick<FunctionDefinition, "isPublic">} definition
 * @param {any} ctx a plain object, as its `meta` is
 * @param {SignJwt | null} signJwt of mutations
 * @returns {object}
 */
export function completeContext({ isPublic }, ctx, signJwt) {
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
    auth: { getUserIdentity, ...(signJwt && { signJwt }) },
    meta: { ...meta, getFunctionMetadata },
  };
}
