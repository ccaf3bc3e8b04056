import { internalQueryGeneric } from "convex/server";

const say = async (_: unknown, args: object) => JSON.stringify(args);

export const either = internalQueryGeneric({ handler: say });
export const anything = internalQueryGeneric({ handler: say });
