import {
  httpActionGeneric as httpAction,
  httpRouter,
  makeFunctionReference,
} from "convex/server";

const listing = makeFunctionReference<"query">("messages:list");

const http = httpRouter();
http.route({
  path: "/count",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const channel = new URL(request.url).searchParams.get("channel") ?? "";
    const messages: any[] = await ctx.runQuery(listing, { channel });
    return Response.json({ count: messages.length });
  }),
});
export default http;
