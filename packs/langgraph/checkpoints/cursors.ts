import { ConvexError } from "convex/values";

// Where the next call goes on, as text that clients give back as they got it.

/** Reads what `cursorOf` wrote. Throws `InvalidArgument`. */
export function stateOf<State extends object>(cursor: string): State {
  try {
    const given = JSON.parse(cursor) as State | null;
    if (typeof given === "object" && given !== null) return given;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ConvexError({
    code: "InvalidArgument",
    message: "`cursor` is none that a call gave",
    path: "cursor",
  });
}

export function cursorOf(state: object): string {
  return JSON.stringify(state);
}
