/*
 * Copied by convexgen from schema/mastra/observability/views.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { Infer } from "convex/values";

import type { QueryCtx } from "../../_generated/server.js";
import { type Fields, sizeOf } from "../../lib/documents.js";
import { whole, wholeIn, wholeSize } from "../../lib/large.js";
import {
  type Light,
  type Span,
  spanRecord,
  statusOf,
  type Stored,
  structuralSpan,
  traceSpan,
} from "./records.js";
import { findRoot } from "./roots.js";

// What a call gives of a span: all of it, or what a list or a tree of spans shows.

/** What a call gives of a span. */
export interface View<Shown> {
  show: (ctx: QueryCtx, span: Stored) => Promise<Shown>;
  /** How much it reads for that, in bytes. */
  costOf: (span: Stored) => number;
}

export const wholeSpan: View<Span> = {
  show: async (ctx, span) => spanOf(await whole(ctx, "traces", span)),
  costOf: (span) => wholeSize("traces", span),
};

export const wholeTraceSpan: View<Infer<typeof traceSpan>> = {
  show: async (ctx, span) => ({
    ...(await wholeSpan.show(ctx, span)),
    status: statusOf(span),
  }),
  costOf: wholeSpan.costOf,
};

export const structure: View<Infer<typeof structuralSpan>> = {
  show: async (ctx, span) => {
    const { error } = await wholeIn(ctx, "traces", span, ["error"], []);
    return columnsOf(structuralNames, { ...span, error });
  },
  costOf: (span) => sizeOf(span) + sizeIn(span, ["error"]),
};

export const lightSpan: View<Light> = {
  show: async (ctx, span) => {
    const shown = await wholeIn(ctx, "traces", span, ["error", "metadata"], []);
    const root = await findRoot(ctx, span);
    return {
      ...columnsOf<Infer<typeof structuralSpan>>(structuralNames, shown),
      status: statusOf(span),
      metadata: shown.metadata ?? null,
      inputPreview: root?.inputPreview ?? null,
    };
  },
  // What it has in common with its root is read there, too.
  costOf: (span) =>
    sizeOf(span) + 2 * sizeIn(span, ["error", "metadata", "scope"]),
};

const recordNames = Object.keys(spanRecord.fields);

const structuralNames = Object.keys(structuralSpan.fields);

function spanOf(span: Stored): Span {
  return columnsOf(recordNames, span);
}

/** The size of some fields of a span, wherever they lie, in bytes. */
function sizeIn(span: Fields, names: string[]): number {
  return wholeSize(
    "traces",
    Object.fromEntries(names.map((name) => [name, span[name]])),
  );
}

/** Some fields of a span, null where it lacks them. */
function columnsOf<Columns>(names: string[], span: Fields): Columns {
  const columns = names.map((name) => [name, span[name] ?? null]);
  const { isEvent = false } = span;
  return { ...Object.fromEntries(columns), isEvent } as Columns;
}
