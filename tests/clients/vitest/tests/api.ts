import {
  anyApi,
  type ApiFromModules,
  type FilterApi,
  type FunctionReference,
} from "convex/server";

import type * as board from "../convex/board.js";

type Functions = ApiFromModules<{ board: typeof board }>;

/** What `npx convex codegen` would write of the functions that the tool does not. */
export const api = anyApi as unknown as FilterApi<
  Functions,
  FunctionReference<"query" | "mutation", "public">
>;
