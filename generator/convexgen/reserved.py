"""Names that mean something already, to Convex, to a language or to the generated code."""

from __future__ import annotations

import re

from convexgen.naming import JAVASCRIPT_WORDS, query_method, snake_case

CONVEX_MODULES = frozenset({"auth", "convex_config", "crons", "http", "schema"})
"""Files of a Convex folder with a meaning of their own, with `.` as `_`: `isEntryPoint` and its
neighbours in src/bundler/index.ts of the package `convex`, and "auth.config.ts" of the
documentation."""

OWN_MODULES = frozenset({"atomic", "lib", "system"})
"""What the generated folder holds besides one module a table."""

CHUNKS_TABLE = "jsonChunks"
"""The table of the chunks of large values; where there are none, one day there may be."""

UNFINISHED_TABLE = "unfinishedWrites"
"""The table of deletions that take several transactions; where there are none, one day there may
be."""

COUNTS_TABLES = frozenset({"countChanges", "countNodes", "countStates"})
"""The tables of counted indexes; where there are none, one day there may be."""

DEVICE_NAMES = frozenset(
    {"aux", "con", "nul", "prn"}
    | {f"com{digit}" for digit in range(1, 10)}
    | {f"lpt{digit}" for digit in range(1, 10)}
)
"""Windows has no files of these names, whatever their ending; "Naming Files, Paths, and
Namespaces" of its documentation."""

STANDARD_FUNCTIONS = frozenset(
    {
        "clear",
        "copyFound",
        "create",
        "createMany",
        "getByDocId",
        "getByDocumentIds",
        "getById",
        "getByIds",
        "getIncluding",
        "list",
        "remove",
        "removeFound",
        "removeMany",
        "replace",
        "save",
        "saveMany",
        "update",
        "updateEntries",
        "updateFound",
        "updateMany",
        "upsert",
    }
)
"""The Convex functions that every entity has."""

QUERY_ARGUMENTS = frozenset({"order", "paginationOpts"})
"""What a query takes besides the fields of its index."""

COUNTED_ARGUMENTS = QUERY_ARGUMENTS | {"key", "limit", "offset"}
"""What the functions of a counted query take besides the fields of its index."""

WHERE_ARGUMENTS = QUERY_ARGUMENTS | {"cursor", "full", "where"}
"""What the functions of a query with conditions take besides the fields of `by`."""

WINDOWS_ARGUMENTS = frozenset({"around", "order"})
"""What the functions of windows take besides the fields of `by`."""

RELATED_ARGUMENTS = frozenset({"include"})
"""What queries take besides, where documents may come with others."""

RELATED_ATTRIBUTES = frozenset({"item"})
"""What a document that comes with others has besides these."""

SEARCH_ARGUMENTS = frozenset({"limit", "search"})
"""What a search takes besides the fields that it filters by."""

NEAREST_ARGUMENTS = frozenset({"limit", "vector"})
"""What a search of vectors takes besides the fields that it filters by."""

SAVE_ARGUMENTS = frozenset({"expected", "expectedAbsent"})
"""What a save takes besides the entity, in camel case."""

UPDATE_ARGUMENTS = frozenset({"create", "expected", "expectedAbsent", "increment", "set", "unset"})
"""What an update takes besides the fields of the key, and what `upsert` does in Python."""

PARAMETERS = frozenset(
    {"changes", "self"}
    | {
        snake_case(argument)
        for arguments in (
            COUNTED_ARGUMENTS,
            NEAREST_ARGUMENTS,
            RELATED_ARGUMENTS,
            SEARCH_ARGUMENTS,
            UPDATE_ARGUMENTS,
            WHERE_ARGUMENTS,
            WINDOWS_ARGUMENTS,
        )
        for argument in arguments
    }
)
"""What methods of the Python stores take besides fields, whose own names give way to these."""

MODULE_NAMES = frozenset(
    {
        "action",
        "allWhole",
        "aroundArg",
        "bounds",
        "boundsOrAbsent",
        "checkDimensions",
        "clearTable",
        "clearance",
        "copiedKey",
        "copyPart",
        "count",
        "countedIndexes",
        "deletion",
        "deletionOfMany",
        "filters",
        "findEvery",
        "foundArgs",
        "foundProgress",
        "include",
        "included",
        "including",
        "internal",
        "internalAction",
        "internalMutation",
        "internalQuery",
        "limit",
        "mutation",
        "nearestLimit",
        "offsetArgs",
        "offsetPage",
        "onlyFilter",
        "orAbsent",
        "pageArgs",
        "pageAt",
        "pageOf",
        "query",
        "rank",
        "rankArgs",
        "removePart",
        "relatedTo",
        "relations",
        "requireAccess",
        "scored",
        "searchLimit",
        "updatePart",
        "v",
        "valueOf",
        "valueOrLast",
        "wholePage",
        "wholeSize",
        "windowsAround",
        "windowsOf",
        "withScores",
        "within",
        "writtenTables",
    }
)
"""What the modules of functions import and define besides the functions."""

VALIDATOR_NAME = re.compile(r"\w+Validator")
"""What they call the validators of named types."""

STANDARD_METHODS = frozenset(
    {
        "clear",
        "create",
        "create_many",
        "delete",
        "delete_many",
        "get",
        "get_by_doc_id",
        "get_many",
        "list",
        "replace",
        "save",
        "save_many",
        "update",
        "update_entries",
        "update_many",
        "upsert",
        "watch",
        "watch_by_doc_id",
    }
)
"""The methods of every store of the Python package."""

STORAGE_ATTRIBUTES = frozenset({"atomic", "client", "close", "from_env", "job", "snapshot"})
"""What the storage classes of the Python package have besides one store a table."""

CLIENT_FOLDERS = frozenset({"entities", "react", "runtime", "testing"})
"""The folders of the TypeScript client."""

TYPESCRIPT_KEYS = frozenset({"directory", "enabled"})
"""What `typescript` of a spec says besides whether the client has a folder."""

PACKAGE_MODULES = frozenset({"json_schemas"})
"""The modules of the Python package without an underscore, besides one a table."""

ENTITY_ATTRIBUTES = frozenset(
    {"changes_to_wire", "creation_time", "doc_id", "expected", "expected_to_wire", "to_wire"}
)
"""What the entities of the Python package have besides fields, and `expected`, the argument of
`update` beside the fields."""

PYTHON_TYPES = frozenset(
    {
        "AsyncConvexStorage",
        "AtomicConvexStorage",
        "AttributeError",
        "ConvexStorage",
        "False",
        "MISSING",
        "None",
        "True",
        "UNSET",
    }
)
"""Names that modules of the Python package use, whatever the spec: words of Python, built-in
names, the storage classes, and sentinels, which type checkers know by their names. What the
modules import gives way to names of the spec instead."""

TYPESCRIPT_TYPES = frozenset(
    {
        "Array",
        "ArrayBuffer",
        "AsyncGenerator",
        "BigInt",
        "Boolean",
        "Date",
        "Error",
        "Infinity",
        "JSON",
        "Map",
        "Math",
        "NaN",
        "Number",
        "Object",
        "Omit",
        "Partial",
        "Pick",
        "Promise",
        "Record",
        "Set",
        "String",
        "Symbol",
    }
)
"""Global names of JavaScript and of TypeScript."""

OBJECT_PROPERTIES = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toJSON",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)
"""What every object of JavaScript has or may be asked for: a field of that name would be found
where it is not."""

THENABLE = "then"
"""The function that makes a promise of what has it, which is called wherever that is awaited: of a
module, when it is imported (ECMAScript 2024, sections 13.3.10 and 27.2.1.3.2)."""

IMPORTED_PACKAGES = frozenset(
    {
        "convex",
        "convexgen",
        "httptools",
        "opentelemetry",
        "pandas",
        "polars",
        "pyarrow",
        "pydantic",
        "pydantic_core",
        "rich",
        "truststore",
        "typing_extensions",
        "websockets",
    }
)
"""Packages that the Python package uses or comes from: it cannot have the name of one."""


def function_problem(name: str, method: str) -> str | None:
    """Why no query can be a function of this name, and a method of the Python stores."""
    if name in STANDARD_FUNCTIONS:
        return "every entity has a function of that name"
    if name in JAVASCRIPT_WORDS or name in OBJECT_PROPERTIES:
        return "it is a word of JavaScript"
    if name == THENABLE:
        return "what has a function of that name is a promise to JavaScript"
    if name in MODULE_NAMES or VALIDATOR_NAME.fullmatch(name):
        return "the modules of functions use the name for something else"
    if method in STANDARD_METHODS:
        return f"in Python, every store has a method {method}"
    return None


def module_problem(name: str) -> str | None:
    """Why no table can have a module of this name, and a store."""
    module = name.lower()
    attribute = snake_case(name)
    if module in CONVEX_MODULES:
        return f"{module} is a module that Convex gives a meaning"
    if module.startswith("lib_"):
        return "the types of the API call the modules of the folder lib so"
    if module in OWN_MODULES:
        return f"{module} is a module that is generated besides those of the tables"
    if module in DEVICE_NAMES:
        return "Windows has no files of that name"
    if name in JAVASCRIPT_WORDS or name in OBJECT_PROPERTIES:
        return "it is a word of JavaScript"
    if attribute in PACKAGE_MODULES:
        return f"the Python package has a module {attribute} already"
    if attribute in STORAGE_ATTRIBUTES:
        return f"the storage classes of the Python package have {attribute} already"
    return None


def free_function(name: str) -> str:
    """The name of a function that comes from an index: with an underscore where it is taken."""
    return name if function_problem(name, query_method(name)) is None else f"{name}_"
