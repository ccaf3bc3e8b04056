/** What `globalSetup` of the configuration of vitest names. Tests import `index.ts`. */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server as Listener, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

import { Servers } from "./servers.js";
import { completeSettings } from "./settings.js";

/** Lends servers to the tests, in whatever process they run, until the end of the run. */
export default async function setup(
  project: TestProject,
): Promise<() => Promise<void>> {
  const { convexBackend = {} } = project.getProvidedContext();
  const settings = completeSettings(convexBackend);
  const servers = new Servers(settings, project.config.root);
  servers.warm();
  const folder = await mkdtemp(join(tmpdir(), "convexgen-"));
  const address =
    process.platform === "win32"
      ? `\\\\.\\pipe\\${folder.replaceAll(/\W/g, "-")}`
      : join(folder, "servers");
  const listener = createServer((socket) => void serve(socket, servers));
  await listen(listener, address);
  project.provide("convexBackendServers", address);
  project.onTestsRerun(() => servers.stop());
  return async () => {
    listener.close();
    await servers.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

function listen(listener: Listener, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject).listen(address, resolve);
  });
}

/** One server for one connection: its address, then an answer to each request. */
async function serve(socket: Socket, servers: Servers): Promise<void> {
  socket.on("error", () => undefined);
  const say = (line: string) => {
    if (socket.writable) socket.write(`${line}\n`);
  };
  try {
    const { server, address } = await servers.lend();
    say(JSON.stringify(address));
    for await (const line of createInterface({ input: socket })) {
      const isOfLog = JSON.parse(line).method === "log";
      say(isOfLog ? JSON.stringify(server.logLines) : await server.ask(line));
    }
    // The test waits for the end of the connection, so that the next one finds it.
    servers.giveBack(server);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(JSON.stringify({ error: reason }));
  }
  socket.end();
}
