import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
import { callAll } from "./calls";
import { callNested } from "./members";

const http = httpRouter();

http.route({
  path: "/members",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const found = await callAll("action", ctx, await request.json());
    return Response.json(found);
  }),
});

http.route({
  path: "/nested",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    return Response.json(await callNested(ctx, await request.json()));
  }),
});

http.route({
  path: "/known",
  method: "GET",
  handler: httpAction(async (ctx) =>
    Response.json(await ctx.meta.getRequestMetadata()),
  ),
});

export default http;
