import { internalQueryGeneric } from "convex/server";

export const of = internalQueryGeneric({ handler: async () => "a" });
