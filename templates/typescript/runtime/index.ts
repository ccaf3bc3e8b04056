export { Client, type ClientOptions, type Clearing } from "./client.js";
export {
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
export {
  functionCall,
  type FunctionDescription,
  Functions,
} from "./functions.js";
export { CountedQuery, Query, SearchQuery } from "./queries.js";
export {
  EntriesStore,
  type EntityDescription,
  Storage,
  Store,
  UpdatableStore,
} from "./store.js";
export { Subscription } from "./subscriptions.js";
export {
  type Bound,
  type BulkOptions,
  type Changes,
  type ConvexValue,
  type EntriesOf,
  type Expecting,
  type FunctionHandle,
  type Id,
  isKnown,
  type IterateOptions,
  type JsonValue,
  type Merged,
  type OffsetPage,
  type OffsetPageOptions,
  type Order,
  type Page,
  type PageOptions,
  type Progress,
  type QueryOptions,
  type Range,
  type Scored,
  type SearchOptions,
  UNSET,
  type Unset,
  type Update,
  type WatchOptions,
} from "./types.js";
