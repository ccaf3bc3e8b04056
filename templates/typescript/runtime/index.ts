export { type AtomicStorage, Outcome } from "./atomic.js";
export { Bulk, continued } from "./bulk.js";
export type { CallEvent } from "./callEvents.js";
export {
  requireCallOptions,
  requireDefined,
  requireFunction,
  requireOptions,
} from "./calls.js";
export { Client, type ClientOptions, type Clearing } from "./client.js";
export {
  Aborted,
  AccessDenied,
  AlreadyExists,
  Conflict,
  ConvexgenError,
  DuplicateKey,
  InvalidArgument,
  LimitExceeded,
  NotCounted,
  NotFound,
  ServerError,
  Timeout,
  Unavailable,
} from "./errors.js";
export { type FileSource, StoredFiles, type UploadOptions } from "./files.js";
export { FilteredQuery, type FilteredReadQuery } from "./filteredQueries.js";
export {
  functionCall,
  type FunctionDescription,
  Functions,
} from "./functions.js";
export type {
  Found,
  Include,
  Including,
  RelationDescription,
} from "./including.js";
export { Increment, increment } from "./increments.js";
export {
  CountedQuery,
  type CountedReadQuery,
  Query,
  type ReadQuery,
  SearchQuery,
} from "./queries.js";
export {
  decoderOf,
  EntriesStore,
  type EntityDescription,
  KeyedStore,
  KeylessStore,
  Storage,
  UpdatableKeylessStore,
  UpdatableStore,
} from "./store.js";
export type { SnapshotStorage } from "./snapshots.js";
export {
  CountedWindowedQuery,
  type CountedWindowedReadQuery,
  WindowedQuery,
  type WindowedReadQuery,
} from "./windowedQueries.js";
export { Subscription } from "./subscriptions.js";
export {
  type Around,
  type Bound,
  type BulkOptions,
  type CallOptions,
  type Changes,
  type Comparison,
  type Contains,
  type ConvexValue,
  type EntriesOf,
  type Expecting,
  type FunctionHandle,
  type Id,
  type In,
  isKnown,
  type IterateOptions,
  type JsonComparison,
  type JsonValue,
  type ListComparison,
  type Merged,
  type NearestOptions,
  type OffsetPage,
  type OffsetPageOptions,
  type Order,
  type OrderedComparison,
  type Page,
  type PageOptions,
  type Progress,
  type QueryOptions,
  type Range,
  type Scored,
  type SearchOptions,
  type TextComparison,
  UNSET,
  type Unset,
  type Update,
  type Upsert,
  type WatchOptions,
  type Window,
  type WindowedPage,
  type WindowOptions,
} from "./types.js";
