import type { Counted, Row } from "../reading.js";

// Where messages and threads lie, in the order of their times.

/** Where the messages of a thread, of a resource or of both lie. */
export function messageRow({
  threadId,
  resourceId,
}: {
  threadId?: string;
  resourceId?: string;
}): Row<"messages"> {
  const equal: [string, string][] = [];
  if (threadId !== undefined) equal.push(["threadId", threadId]);
  if (resourceId !== undefined) equal.push(["resourceId", resourceId]);
  const fields = equal.map(([field]) => field);
  const index = `by_${[...fields, "createdAt"].join("_and_")}`;
  const counted = `messages.${index}` as Counted & `messages.${string}`;
  return { table: "messages", index, equal, time: "createdAt", counted };
}

/** Where the threads of a resource, or all, lie. */
export function threadRow(
  time: "createdAt" | "updatedAt",
  resourceId?: string,
): Row<"threads"> {
  if (resourceId === undefined) {
    const counted = time === "createdAt" ? "threads.by_createdAt" : null;
    return { table: "threads", index: `by_${time}`, equal: [], time, counted };
  }
  return {
    table: "threads",
    index: `by_resourceId_and_${time}`,
    equal: [["resourceId", resourceId]],
    time,
    counted: `threads.by_resourceId_and_${time}`,
  };
}
