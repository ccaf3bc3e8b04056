/*
 * Copied by convexgen from schema/code/cleaning.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { v } from "convex/values";

import { internalMutation } from "../_generated/server.js";
import * as Reports from "../model/reports.js";

export const removeReports = internalMutation({
  args: { reportIds: v.array(v.string()) },
  returns: v.number(),
  handler: async (ctx, args) => {
    const keys = args.reportIds.map((reportId) => ({ reportId }));
    const { removed } = await Reports.removeMany(ctx, keys);
    return removed;
  },
});
