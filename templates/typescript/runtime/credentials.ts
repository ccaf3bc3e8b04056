import { AccessDenied, ConvexgenError, InvalidArgument } from "./errors.js";

/** Fetches a token of the user, as `ConvexClient.setAuth` takes it. */
export type TokenFetcher = (options: {
  forceRefreshToken: boolean;
}) => Promise<string | null | undefined>;

/** Of what is sent as it is, in a header. */
const IS_VISIBLE = /^[!-~]+$/;

/** Throws `InvalidArgument`, which does not repeat the key, for what is none. */
export function requireDeployKey(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== "string") {
    const reason = `the deploy key is text, not of type ${typeof given}`;
    throw new InvalidArgument(reason);
  }
  if (IS_VISIBLE.test(given)) return given;
  throw new InvalidArgument(
    "the deploy key is empty, or has characters that no key has",
  );
}

/** Throws `InvalidArgument` for what is no token and no function that gives one. */
export function requireAuth(
  given: string | TokenFetcher | undefined,
): string | TokenFetcher | undefined {
  if (given === undefined || typeof given === "function") return given;
  if (typeof given === "string") return requireToken(given);
  throw new InvalidArgument(
    `auth is a token or a function that gives one, not of type ${typeof given}`,
  );
}

/**
 * The token that was given; undefined for nobody. Throws `InvalidArgument`, which
 * does not repeat what was given, for what is none.
 */
export function requireToken(given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== "string") {
    const reason = `auth gave no token, but a value of type ${typeof given}`;
    throw new InvalidArgument(reason);
  }
  const token = given.trim();
  if (IS_VISIBLE.test(token)) return token;
  throw new InvalidArgument(
    "the token is empty, or has characters that no token has",
  );
}

/** Errors of this package that functions that give tokens threw: of calls of others. */
const foreign = new WeakSet<ConvexgenError>();

/** What the function gives; what it throws, `withoutToken` knows again. */
export async function givenBy(
  fetchToken: TokenFetcher,
  forceRefreshToken: boolean,
): Promise<unknown> {
  try {
    return await fetchToken({ forceRefreshToken });
  } catch (error) {
    if (error instanceof ConvexgenError) foreign.add(error);
    throw error;
  }
}

/** Why a subscription ends that has no token, or whose call failed. */
export function withoutToken(error: unknown): ConvexgenError {
  if (error instanceof ConvexgenError && !foreign.has(error)) return error;
  const reason = "the function that gives tokens failed";
  return new AccessDenied(reason, { cause: error });
}
