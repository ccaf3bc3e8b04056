import type { Infer } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import type {
  langGraphOutlineValidator,
  langGraphStoredValueValidator,
} from "../../schema.js";
import { Budget } from "./budget.js";
import { cursorOf, stateOf } from "./cursors.js";
import { following, type Place } from "./ranges.js";

type Checkpoint = Doc<"langGraphCheckpoints">;

/** What is left to be read: of the checkpoints, then of the values. */
interface State {
  table: "langGraphCheckpoints" | "langGraphChannelValues";
  place: Place;
}

interface Outline {
  checkpoints: Infer<typeof langGraphOutlineValidator>[];
  values: Infer<typeof langGraphStoredValueValidator>[];
  cursor?: string;
}

/** The checkpoints and values of a thread without their bytes, as many as one call reads. */
export async function outline(
  ctx: QueryCtx,
  { threadId, cursor }: { threadId: string; cursor?: string },
): Promise<Outline> {
  const state = cursor === undefined ? null : stateOf<State>(cursor);
  const budget = new Budget();
  const found: Outline = { checkpoints: [], values: [] };
  const equal = [["threadId", threadId]] as const;
  if (state?.table !== "langGraphChannelValues") {
    const rows = {
      table: "langGraphCheckpoints",
      index: "by_threadId_and_checkpointNs_and_checkpointId",
      equal,
      rest: ["checkpointNs", "checkpointId"],
      order: "asc",
    } as const;
    const behind = state?.place ?? null;
    for await (const one of following(ctx, rows, behind, budget)) {
      budget.spend(one);
      found.checkpoints.push(outlineOf(one));
      const place = [one.checkpointNs, one.checkpointId];
      if (budget.isSpent) return paused(found, { table: rows.table, place });
    }
  }
  const rows = {
    table: "langGraphChannelValues",
    index: "by_threadId_and_checkpointNs_and_channel_and_version",
    equal,
    rest: ["checkpointNs", "channel", "version"],
    order: "asc",
  } as const;
  const behind = state?.table === rows.table ? state.place : null;
  for await (const one of following(ctx, rows, behind, budget)) {
    budget.spend(one);
    const { _id: docId, checkpointNs, channel, version } = one;
    found.values.push({ docId, checkpointNs, channel, version });
    const place = [checkpointNs, channel, version];
    if (budget.isSpent) return paused(found, { table: rows.table, place });
  }
  return found;
}

function paused(found: Outline, state: State): Outline {
  return { ...found, cursor: cursorOf(state) };
}

function outlineOf({
  checkpointNs,
  checkpointId,
  parentCheckpointId,
  channels,
  metadata,
}: Checkpoint): Infer<typeof langGraphOutlineValidator> {
  return {
    checkpointNs,
    checkpointId,
    ...(parentCheckpointId !== undefined && { parentCheckpointId }),
    channels,
    deltaChannels: deltaChannelsOf(metadata),
  };
}

/** The channels that LangGraph counts updates of since a snapshot: where it is one, none. */
function deltaChannelsOf(metadata: Checkpoint["metadata"]): string[] {
  const { value } =
    metadata.find((one) => one.key === "counters_since_delta_snapshot") ?? {};
  return Object.keys((JSON.parse(value ?? "{}") as object | null) ?? {});
}
