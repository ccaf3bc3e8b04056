import { ConvexHttpClient } from "convex/browser";
import { expect } from "vitest";

import {
  type ConvexBackend,
  test,
} from "../generated/typescript/testing/index.js";
import { api } from "./api.js";

const NEW_YEAR = new Date("2031-01-01T00:00:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const client = ({ url }: ConvexBackend) => new ConvexHttpClient(url);

test("documents", async ({ convexBackend }) => {
  expect(await convexBackend.clock.set(NEW_YEAR)).toEqual(NEW_YEAR);
  await client(convexBackend).mutation(api.board.post, {
    noteId: "1",
    text: "",
  });
  await convexBackend.clock.set(NEW_YEAR.getTime() - DAY);
  await client(convexBackend).mutation(api.board.post, {
    noteId: "2",
    text: "",
  });
  const times = await client(convexBackend).query(api.board.times);
  expect(times).toEqual([NEW_YEAR.getTime() - DAY, NEW_YEAR.getTime()]);
});

test("scheduled functions", async ({ convexBackend }) => {
  const { clock } = convexBackend;
  const { postLater, times } = api.board;
  await clock.set(NEW_YEAR);
  const note = { noteId: "n", text: "" };
  await client(convexBackend).mutation(postLater, { ...note, delay: 31 * DAY });
  await client(convexBackend).mutation(postLater, { ...note, delay: HOUR });
  await clock.advance(HOUR - 1);
  expect(await client(convexBackend).query(times)).toEqual([]);
  expect(await clock.advance(1)).toEqual(new Date(NEW_YEAR.getTime() + HOUR));
  const first = NEW_YEAR.getTime() + HOUR;
  expect(await client(convexBackend).query(times)).toEqual([first]);
  await clock.advance(31 * DAY);
  expect(await client(convexBackend).query(times)).toHaveLength(2);
});

test("ticking", async ({ convexBackend }) => {
  const { clock } = convexBackend;
  const start = await clock.set(NEW_YEAR, { ticking: true });
  await expect.poll(async () => (await clock.now()) > start).toBe(true);
  await clock.advance(DAY);
  const time = await clock.now();
  expect(time.getTime()).toBeGreaterThanOrEqual(NEW_YEAR.getTime() + DAY);
  expect((await clock.followMachine()).getFullYear()).toBeLessThan(2031);
});

test("requests in one go are done in turn", async ({ convexBackend }) => {
  const { clock } = convexBackend;
  const moves = [clock.set(0), clock.advance(1), clock.advance(2), clock.now()];
  const times = await Promise.all(moves);
  expect(times.map(Number)).toEqual([0, 1, 3, 3]);
});

test("mistakes", async ({ convexBackend }) => {
  const { clock } = convexBackend;
  await expect(clock.set(Number.NaN)).rejects.toThrow("NaN is not a time");
  await expect(clock.set(new Date("x"))).rejects.toThrow(RangeError);
  await expect(clock.advance(-1)).rejects.toThrow("cannot advance by -1 ms");
});
