import { httpActionGeneric as httpAction, httpRouter } from "convex/server";

const http = httpRouter();

http.route({
  path: "/loop",
  method: "GET",
  handler: httpAction(async () => {
    for (;;);
  }),
});

http.route({
  path: "/loopInStream",
  method: "GET",
  handler: httpAction(async () => {
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("first "));
        await new Promise((resolve) => setTimeout(resolve, 100));
        for (;;);
      },
    });
    return new Response(body);
  }),
});

export default http;
