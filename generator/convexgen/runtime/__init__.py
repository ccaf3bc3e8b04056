"""The runtime of a generated package: values, entities, errors, clients and subscriptions.

Nothing here knows a particular entity. Everything that programs use is exported here; importing
it loads pydantic and the standard library only.
"""

from .async_client import AsyncClient
from .atomic import AsyncAtomicBlock, AtomicBlock, AtomicStorage
from .byte_values import Bytes, bytes_to_wire
from .calls import (
    CLEARING,
    NOTHING,
    Call,
    Clearing,
    Decoder,
    Encoder,
    OffsetPage,
    Order,
    Page,
    PagedCall,
    Progress,
    Scored,
)
from .client import Client
from .comparisons import Bounds, Equal, Filter, Range, boolean_to_wire, bounds_to_wire
from .constraints import Items, Length, Matching, Sensitive, Within
from .convex_values import ConvexValue, Int64Value, RecordKey, convex_value_to_wire
from .copied_keys import CopiedKey, PrefixedKey, RandomKey
from .descriptions import EntityDescription, IndexDescription
from .entities import (
    Default,
    Derived,
    DocumentCreationTime,
    DocumentId,
    Entity,
    JsonModel,
    JsonName,
    Kept,
    SetOnCreate,
    SetOnWrite,
    Shape,
    Variants,
)
from .entries import Entries
from .errors import (
    AccessDenied,
    AlreadyExists,
    Conflict,
    ConvexgenError,
    DuplicateKey,
    FunctionFailure,
    InvalidArgument,
    LimitExceeded,
    NotCounted,
    NotFound,
    ServerError,
    Timeout,
    Unavailable,
)
from .filtered_queries import AsyncFilteredQuery, FilteredQuery
from .filters import Condition, Contains, In, JsonComparison, JsonConditions, Where
from .function_handles import FunctionHandle
from .including import Including, Relation, Relations
from .increments import Increment, NumberField
from .json_types import Json, LargeJson, TypedJson
from .json_values import json_to_wire
from .list_changes import ChangedItem, ListChange
from .literals import BooleanLiteral, Int64Literal, NumberLiteral
from .number_values import (
    Int64,
    Integer,
    Number,
    int64_to_wire,
    integer_to_wire,
    number_to_wire,
    numbers_to_wire,
)
from .open_enums import OpenEnum
from .operations import (
    KeyedWrites,
    KeylessWrites,
    Outcome,
    UpdatableKeylessWrites,
    UpdatableWrites,
)
from .queries import (
    AsyncCountedQuery,
    AsyncQuery,
    AsyncSearchQuery,
    CountedQuery,
    Query,
    SearchQuery,
)
from .related_stores import AsyncRelatedStore, RelatedStore
from .sentinels import MISSING, UNSET
from .storage import AsyncStorage, Storage
from .stores import (
    AsyncKeyedStore,
    AsyncKeylessStore,
    AsyncNamespace,
    AsyncStore,
    AsyncUpdatableKeylessStore,
    AsyncUpdatableStore,
    KeyedStore,
    KeylessStore,
    Namespace,
    Store,
    UpdatableKeylessStore,
    UpdatableStore,
)
from .subscriptions import (
    AsyncListSubscription,
    AsyncSubscription,
    ListSubscription,
    Subscription,
)
from .timestamps import Timestamp, timestamp_to_wire
from .transport import AsyncTransport, ConnectFailed, Transport
from .unknown_json import ClosedEnum, Tagged
from .unknown_values import UnknownVariant, is_known
from .updates import Update, WhereMissing
from .vectors import Vector
from .windowed_queries import (
    AsyncCountedWindowedQuery,
    AsyncWindowedQuery,
    CountedWindowedQuery,
    WindowedQuery,
)
from .windows import Around, Window, WindowedPage
from .wire import Wire

__all__ = [
    "CLEARING",
    "MISSING",
    "NOTHING",
    "UNSET",
    "AccessDenied",
    "AlreadyExists",
    "Around",
    "AsyncAtomicBlock",
    "AsyncClient",
    "AsyncCountedQuery",
    "AsyncCountedWindowedQuery",
    "AsyncFilteredQuery",
    "AsyncKeyedStore",
    "AsyncKeylessStore",
    "AsyncListSubscription",
    "AsyncNamespace",
    "AsyncQuery",
    "AsyncRelatedStore",
    "AsyncSearchQuery",
    "AsyncStorage",
    "AsyncStore",
    "AsyncSubscription",
    "AsyncTransport",
    "AsyncUpdatableKeylessStore",
    "AsyncUpdatableStore",
    "AsyncWindowedQuery",
    "AtomicBlock",
    "AtomicStorage",
    "BooleanLiteral",
    "Bounds",
    "Bytes",
    "Call",
    "ChangedItem",
    "Clearing",
    "Client",
    "ClosedEnum",
    "Condition",
    "Conflict",
    "ConnectFailed",
    "Contains",
    "ConvexValue",
    "ConvexgenError",
    "CopiedKey",
    "CountedQuery",
    "CountedWindowedQuery",
    "Decoder",
    "Default",
    "Derived",
    "DocumentCreationTime",
    "DocumentId",
    "DuplicateKey",
    "Encoder",
    "Entity",
    "EntityDescription",
    "Entries",
    "Equal",
    "Filter",
    "FilteredQuery",
    "FunctionFailure",
    "FunctionHandle",
    "In",
    "Including",
    "Increment",
    "IndexDescription",
    "Int64",
    "Int64Literal",
    "Int64Value",
    "Integer",
    "InvalidArgument",
    "Items",
    "Json",
    "JsonComparison",
    "JsonConditions",
    "JsonModel",
    "JsonName",
    "Kept",
    "KeyedStore",
    "KeyedWrites",
    "KeylessStore",
    "KeylessWrites",
    "LargeJson",
    "Length",
    "LimitExceeded",
    "ListChange",
    "ListSubscription",
    "Matching",
    "Namespace",
    "NotCounted",
    "NotFound",
    "Number",
    "NumberField",
    "NumberLiteral",
    "OffsetPage",
    "OpenEnum",
    "Order",
    "Outcome",
    "Page",
    "PagedCall",
    "PrefixedKey",
    "Progress",
    "Query",
    "RandomKey",
    "Range",
    "RecordKey",
    "RelatedStore",
    "Relation",
    "Relations",
    "Scored",
    "SearchQuery",
    "Sensitive",
    "ServerError",
    "SetOnCreate",
    "SetOnWrite",
    "Shape",
    "Storage",
    "Store",
    "Subscription",
    "Tagged",
    "Timeout",
    "Timestamp",
    "Transport",
    "TypedJson",
    "Unavailable",
    "UnknownVariant",
    "UpdatableKeylessStore",
    "UpdatableKeylessWrites",
    "UpdatableStore",
    "UpdatableWrites",
    "Update",
    "Variants",
    "Vector",
    "Where",
    "WhereMissing",
    "Window",
    "WindowedPage",
    "WindowedQuery",
    "Wire",
    "Within",
    "boolean_to_wire",
    "bounds_to_wire",
    "bytes_to_wire",
    "convex_value_to_wire",
    "int64_to_wire",
    "integer_to_wire",
    "is_known",
    "json_to_wire",
    "number_to_wire",
    "numbers_to_wire",
    "timestamp_to_wire",
]
