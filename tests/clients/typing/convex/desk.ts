import { v } from "convex/values";

import { internalMutation, internalQuery } from "./_generated/server";

export const close = internalMutation({
  args: { ticketId: v.string(), by: v.string() },
  handler: async (ctx, { ticketId, by }) => {
    const tickets = await ctx.db.query("tickets").collect();
    const found = tickets.find((ticket) => ticket.ticketId === ticketId);
    if (found === undefined) throw new Error("there is no such ticket");
    await ctx.db.patch("tickets", found._id, { closedBy: by });
    return { ...found, closedBy: by };
  },
});

export const oldest = internalQuery({
  args: { customerId: v.string() },
  handler: async (ctx, { customerId }) => {
    const tickets = await ctx.db.query("tickets").order("asc").collect();
    return (
      tickets.find((ticket) => ticket.customerId === customerId)?.ticketId ??
      null
    );
  },
});
