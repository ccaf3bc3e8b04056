import { httpActionGeneric as httpAction, httpRouter } from "convex/server";

const http = httpRouter();

http.route({
  path: "/loop",
  method: "GET",
  handler: httpAction(async () => {
    for (;;);
  }),
});

export default http;
