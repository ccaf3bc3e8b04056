import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { expect } from "vitest";

import {
  type ConvexBackend,
  test,
} from "../generated/typescript/testing/index.js";
import { api } from "./api.js";

const note = { noteId: "n", text: "text" };

const post = ({ url }: ConvexBackend) =>
  new ConvexHttpClient(url).mutation(api.board.post, note);

const texts = ({ url }: ConvexBackend) =>
  new ConvexHttpClient(url).query(api.board.texts);

async function status({ url }: ConvexBackend, path: string): Promise<number> {
  const body = JSON.stringify({ path, args: {}, format: "json" });
  const headers = { "Content-Type": "application/json" };
  const init = { method: "POST", headers, body };
  return (await fetch(`${url}/api/query`, init)).status;
}

test("an error on the n-th call", async ({ convexBackend }) => {
  await convexBackend.faults.error(503, { path: api.board.texts, nth: 2 });
  const statuses = [];
  for (let call = 1; call <= 3; call += 1)
    statuses.push(await status(convexBackend, "board:texts"));
  expect(statuses).toEqual([200, 503, 200]);
  expect(await status(convexBackend, "board:times")).toBe(200);
});

test("errors of every request, until they are cleared", async ({
  convexBackend,
}) => {
  await convexBackend.faults.error(500);
  expect(await status(convexBackend, "board:texts")).toBe(500);
  expect((await fetch(`${convexBackend.url}/version`)).status).toBe(500);
  await convexBackend.faults.clear();
  expect(await status(convexBackend, "board:texts")).toBe(200);
});

test("of the path of a URL", async ({ convexBackend }) => {
  await convexBackend.faults.error(502, { path: "/version" });
  expect((await fetch(`${convexBackend.url}/version`)).status).toBe(502);
  expect(await status(convexBackend, "board:texts")).toBe(200);
});

test("a lost call", async ({ convexBackend }) => {
  await convexBackend.faults.drop({ path: "board:post", nth: 1 });
  await expect(post(convexBackend)).rejects.toThrow("fetch failed");
  expect(await texts(convexBackend)).toEqual([]);
});

test("a lost answer", async ({ convexBackend }) => {
  await convexBackend.faults.drop({ path: api.board.post, after: true });
  await expect(post(convexBackend)).rejects.toThrow("fetch failed");
  expect(await texts(convexBackend)).toEqual(["text"]);
});

test("a late answer", async ({ convexBackend }) => {
  await convexBackend.faults.delay(200, { path: "board:texts", nth: 1 });
  expect(await texts(convexBackend)).toEqual([]);
  await convexBackend.faults.delay(3_600_000, { path: "board:texts" });
  const late = texts(convexBackend).then(() => "texts");
  late.catch(() => {});
  const other = await status(convexBackend, "board:times");
  expect(await Promise.race([late, other])).toBe(200);
});

for (const fault of ["drop", "error"] as const)
  test(`${fault} over a WebSocket: a mutation is made once`, async ({
    convexBackend,
  }) => {
    const { faults } = convexBackend;
    const target = { path: "board:post", nth: 1 };
    if (fault === "drop") await faults.drop({ ...target, after: true });
    else await faults.error(500, target);
    const client = new ConvexClient(convexBackend.url);
    await client.mutation(api.board.post, note);
    expect(await texts(convexBackend)).toEqual(["text"]);
    await client.close();
  });

test("a conflict: the mutation runs twice, and is made once", async ({
  convexBackend,
}) => {
  await convexBackend.faults.conflict({ path: api.board.post });
  await post(convexBackend);
  expect(await texts(convexBackend)).toEqual(["text"]);
  await expect(
    convexBackend.faults.conflict({ path: "/version" }),
  ).rejects.toThrow("/version is no mutation");
});

test("mistakes", async ({ convexBackend: { faults } }) => {
  await expect(faults.error(200)).rejects.toThrow("not the status of an error");
  await expect(faults.drop({ nth: 0 })).rejects.toThrow("counted from 1");
  await expect(faults.delay(-1)).rejects.toThrow("cannot delay by -1 ms");
});
