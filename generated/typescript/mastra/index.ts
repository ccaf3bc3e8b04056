/*
 * Copied by convexgen from schema/mastra/typescript/index.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

export { MastraConvexStore, type MastraConvexStoreConfig } from "./store.js";
