import {
  httpActionGeneric as httpAction,
  httpRouter,
  makeFunctionReference,
} from "convex/server";

const listing = makeFunctionReference<"query">("messages:list");

const sending = makeFunctionReference<"mutation">("messages:send");

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

/** Writes upon a GET, as pages count who has seen them. */
http.route({
  path: "/send",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const channel = new URL(request.url).searchParams.get("channel") ?? "";
    await ctx.runMutation(sending, { channel, body: "seen" });
    // A frame tells its page of none without a body.
    return new Response("seen");
  }),
});

/** Shows what came, and answers with all that an answer can have. */
http.route({
  pathPrefix: "/mirror/",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const identity = await ctx.auth.getUserIdentity();
    const body = new Uint8Array(await request.arrayBuffer());
    const headers = new Headers({ "X-Answer": "yes" });
    headers.append("Set-Cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    const seen = {
      path: new URL(request.url).pathname,
      header: request.headers.get("X-Question"),
      authorization: request.headers.get("Authorization"),
      user: identity?.subject ?? null,
      bytes: [...body],
    };
    return new Response(JSON.stringify(seen), { status: 201, headers });
  }),
});

http.route({
  path: "/address",
  method: "GET",
  handler: httpAction(async (_ctx, request) => Response.json(request.url)),
});

http.route({
  path: "/bytes",
  method: "GET",
  handler: httpAction(
    async () => new Response(new Uint8Array([0, 255, 128]).buffer),
  ),
});

http.route({
  path: "/fails",
  method: "GET",
  handler: httpAction(async () => {
    throw new Error("boom");
  }),
});

/** It is kept between calls, which is what these streams need to wait for each other. */
const streams = { canceled: 0, made: 0, release: () => {} };
const text = new TextEncoder();

/** Its second part comes when "/release" was called. */
http.route({
  path: "/stream",
  method: "GET",
  handler: httpAction(async (_ctx, request) => {
    const kind = new URL(request.url).searchParams.get("kind");
    const released = new Promise<void>((resolve) => {
      streams.release = resolve;
    });
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(text.encode("first "));
        await released;
        if (kind === "fails") throw new Error("boom");
        if (kind === "text") controller.enqueue("no bytes");
        else controller.enqueue(text.encode("second"));
        controller.close();
      },
      cancel() {
        streams.canceled += 1;
      },
    });
    return new Response(body, { status: 202, headers: { "X-Answer": "yes" } });
  }),
});
http.route({
  path: "/release",
  method: "POST",
  handler: httpAction(async () => {
    streams.release();
    return new Response(null, { status: 204 });
  }),
});
/** As many mebibytes as it is asked for. */
http.route({
  path: "/flood",
  method: "GET",
  handler: httpAction(async (_ctx, request) => {
    const count = Number(new URL(request.url).searchParams.get("count"));
    streams.made = 0;
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        controller.enqueue(new Uint8Array(1024 * 1024));
        streams.made += 1;
        if (streams.made === count) controller.close();
      },
    });
    return new Response(body);
  }),
});
http.route({
  path: "/made",
  method: "GET",
  handler: httpAction(async () => Response.json(streams.made)),
});
http.route({
  path: "/canceled",
  method: "GET",
  handler: httpAction(async () => Response.json(streams.canceled)),
});
http.route({
  path: "/release",
  method: "OPTIONS",
  handler: httpAction(
    async (_ctx, request) =>
      new Response(null, {
        status: 204,
        headers: {
          "Access-Control-Allow-Origin": request.headers.get("Origin") ?? "",
        },
      }),
  ),
});
export default http;
