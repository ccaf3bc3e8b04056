import { internalQueryGeneric } from "convex/server";

export default internalQueryGeneric({ handler: async () => "default" });
