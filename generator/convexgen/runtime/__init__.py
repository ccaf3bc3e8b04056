"""The runtime of a generated package: values, entities, errors, clients and subscriptions.

Nothing here knows a particular entity. Everything that programs use is exported here; importing
it loads pydantic and the standard library only.
"""

from .async_client import AsyncClient
from .bulk import items_of, tuples_of
from .byte_values import Bytes, bytes_to_wire
from .calls import (
    BULK_REMOVAL,
    CLEARING,
    NOTHING,
    REMOVAL,
    BulkRemoval,
    Call,
    Clearing,
    Decoder,
    Encoder,
    Order,
    Page,
    PagedCall,
    Progress,
    Range,
    Removal,
    Scored,
    bounds_to_wire,
    compared_to_wire,
    given_to_wire,
)
from .client import Client
from .constraints import Items, Length, Matching, Sensitive, Within
from .convex_values import ConvexValue, Int64Value, RecordKey, convex_value_to_wire
from .entities import (
    Default,
    DocumentCreationTime,
    DocumentId,
    Entity,
    JsonModel,
    JsonName,
    SetOnCreate,
    SetOnWrite,
    Shape,
    Variants,
)
from .errors import (
    AccessDenied,
    AlreadyExists,
    Conflict,
    ConvexgenError,
    DuplicateKey,
    FunctionFailure,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    ServerError,
    Timeout,
    Unavailable,
)
from .function_handles import FunctionHandle
from .json_types import Json, LargeJson, TypedJson
from .json_values import json_to_wire
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
from .sentinels import MISSING, UNSET
from .stores import AsyncStorage, AsyncStore, Storage, Store
from .subscriptions import AsyncSubscription, Subscription
from .timestamps import Timestamp, timestamp_to_wire
from .transport import AsyncTransport, ConnectFailed, Transport
from .unknown_json import ClosedEnum, Tagged
from .unknown_values import UnknownVariant, is_known
from .vectors import Vector
from .wire import Wire

__all__ = [
    "BULK_REMOVAL",
    "CLEARING",
    "MISSING",
    "NOTHING",
    "REMOVAL",
    "UNSET",
    "AccessDenied",
    "AlreadyExists",
    "AsyncClient",
    "AsyncStorage",
    "AsyncStore",
    "AsyncSubscription",
    "AsyncTransport",
    "BooleanLiteral",
    "BulkRemoval",
    "Bytes",
    "Call",
    "Clearing",
    "Client",
    "ClosedEnum",
    "Conflict",
    "ConnectFailed",
    "ConvexValue",
    "ConvexgenError",
    "Decoder",
    "Default",
    "DocumentCreationTime",
    "DocumentId",
    "DuplicateKey",
    "Encoder",
    "Entity",
    "FunctionFailure",
    "FunctionHandle",
    "Int64",
    "Int64Literal",
    "Int64Value",
    "Integer",
    "InvalidArgument",
    "Items",
    "Json",
    "JsonModel",
    "JsonName",
    "LargeJson",
    "Length",
    "LimitExceeded",
    "Matching",
    "NotFound",
    "Number",
    "NumberLiteral",
    "OpenEnum",
    "Order",
    "Page",
    "PagedCall",
    "Progress",
    "Range",
    "RecordKey",
    "Removal",
    "Scored",
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
    "Variants",
    "Vector",
    "Wire",
    "Within",
    "bounds_to_wire",
    "bytes_to_wire",
    "compared_to_wire",
    "convex_value_to_wire",
    "given_to_wire",
    "int64_to_wire",
    "integer_to_wire",
    "is_known",
    "items_of",
    "json_to_wire",
    "number_to_wire",
    "numbers_to_wire",
    "timestamp_to_wire",
    "tuples_of",
]
