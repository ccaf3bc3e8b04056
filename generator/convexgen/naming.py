"""Names of the spec in the styles of Python and TypeScript."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Sequence
from functools import cache

# Where a word starts: at a capital after a small letter or a digit, and at the last capital of a
# row of them that small letters follow (`getURLFor`).
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_IN_WORD = re.compile(r"[^A-Za-z0-9]+")
_QUERY_BY = re.compile(r"(?:(?:get|list|find)[A-Za-z0-9]*)?[Bb]y([A-Z][A-Za-z0-9_]*)")

# Attributes of `pydantic.BaseModel` (2.14) and of its metaclass without a leading underscore: of a
# field with such a name, pydantic warns that it shadows one.
MODEL_ATTRIBUTES = (
    "construct",
    "copy",
    "dict",
    "from_orm",
    "json",
    "model_computed_fields",
    "model_config",
    "model_construct",
    "model_copy",
    "model_dump",
    "model_dump_json",
    "model_extra",
    "model_fields",
    "model_fields_set",
    "model_json_schema",
    "model_parametrized_name",
    "model_post_init",
    "model_rebuild",
    "model_validate",
    "model_validate_json",
    "model_validate_strings",
    "mro",
    "parse_file",
    "parse_obj",
    "parse_raw",
    "register",
    "schema",
    "schema_json",
    "update_forward_refs",
    "validate",
)

# Names that annotations of generated classes use. They are evaluated in the namespace of the class,
# in which an attribute or a method of that name would hide the type. That these are all is told by
# a test, from the syntax trees of what is generated.
ANNOTATION_NAMES = ("bool", "bytes", "datetime", "dict", "float", "int", "list", "str", "tuple")

# Names that look like digits in some fonts, which checkers refuse.
# Source: PEP 8, "Names to Avoid".
_AMBIGUOUS = frozenset({"l", "O", "I"})

# Methods take some attributes as arguments by name, beside this one.
_OBJECT = "self"

# What a package itself would find a module for: built-in names, and a function that it exports.
_OF_PACKAGES = frozenset({*dir(builtins), "is_known"})

_UNUSABLE_IDENTIFIERS = frozenset({*keyword.kwlist, *_AMBIGUOUS})
_UNUSABLE_ATTRIBUTES = _UNUSABLE_IDENTIFIERS | {*MODEL_ATTRIBUTES, *ANNOTATION_NAMES, _OBJECT}


JAVASCRIPT_WORDS = frozenset(
    {
        "arguments",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "with",
        "yield",
    }
)
"""What no variable of a module may be called: ECMAScript 2024, sections 12.7.2 and 13.1.1."""


# The names of a spec are asked for once for each place where they stand.
@cache
def snake_case(name: str) -> str:
    """`threadId` → `thread_id`, `getURLFor` → `get_url_for`, `metadata2` → `metadata2`."""
    return _WORD_START.sub("_", name).lower()


@cache
def pascal_case(name: str) -> str:
    """`threadId` → `ThreadId`, `by_thread_id` → `ByThreadId`."""
    return "".join(_capitalized(word) for word in _NOT_IN_WORD.split(name) if word)


def camel_case(name: str) -> str:
    """`by_threadId_and_createdAt` → `byThreadIdAndCreatedAt`."""
    joined = pascal_case(name)
    return joined[:1].lower() + joined[1:]


def python_attribute(wire_name: str) -> str:
    """The attribute of a generated class for a field.

    Snake case, with an underscore after keywords, attributes of `pydantic.BaseModel`, names that
    annotations use, `self` and `l`: `class` → `class_`, `json` → `json_`. Without underscores at
    the start, with which pydantic takes it for a private one: `_meta` → `meta`.
    """
    attribute = snake_case(wire_name).lstrip("_")
    return f"{attribute}_" if attribute in _UNUSABLE_ATTRIBUTES else attribute


def python_path(path: str) -> str:
    """The attributes for a field of objects: `location.fullName` → `location.full_name`."""
    return ".".join(map(python_attribute, path.split(".")))


def python_identifier(name: str) -> str:
    """The name in snake case, with an underscore after keywords and `l`."""
    identifier = snake_case(name)
    return f"{identifier}_" if identifier in _UNUSABLE_IDENTIFIERS else identifier


def python_method(name: str) -> str:
    """A method of a generated class, or a parameter of one: snake case.

    With an underscore after keywords and names that annotations use: `list` → `list_`.
    """
    identifier = python_identifier(name)
    return f"{identifier}_" if identifier in ANNOTATION_NAMES else identifier


def python_module(table: str) -> str:
    """The module of a table in the package: snake case.

    With an underscore after keywords, built-in names and functions of the package: a module is an
    attribute of its package, whose own code would find it instead.
    """
    identifier = python_identifier(table)
    return f"{identifier}_" if identifier in _OF_PACKAGES else identifier


def function_namespace(module: str) -> str:
    """The attribute for the functions of a module: `admin/userReports` → `admin_user_reports`.

    Without underscores at the start of what is named, as of functions.
    """
    return python_identifier("_".join(name.lstrip("_") for name in module.split("/")))


def files_attribute(stores: Iterable[str]) -> str:
    """What clients call stored files, beside the stores of the spec."""
    return "files_" if "files" in stores else "files"


CONVEX_INDEXES = frozenset({"by_id", "by_creation_time"})
"""Indexes that every table has; "Indexes" of the documentation, section "Limits"."""


FILES_TABLE = "_storage"
CONVEX_TABLES = {FILES_TABLE: "StorageId", "_scheduled_functions": "ScheduledFunctionId"}
"""Convex's own tables, each with the class of its document IDs: "File Storage" and "Scheduled
Functions" of the documentation."""


def index_name(fields: Sequence[str]) -> str:
    """The name that Convex's guidelines give an index over these fields.

    Where that is one of Convex's own, as of a field `id`, it says that it is of a field.
    """
    joined = "_and_".join(fields).replace(".", "_")
    name = f"by_{joined}"
    return f"by_field_{joined}" if name in CONVEX_INDEXES else name


def unique_function(fields: Sequence[str]) -> str:
    """The Convex function that finds the one with some values of what is unique: `getByEmail`."""
    return f"get{pascal_case(index_name(fields))}"


def index_function(index_name: str) -> str:
    """The Convex function that queries an index: `by_runId` → `byRunId`."""
    return camel_case(index_name)


def nearest_function(index_name: str) -> str:
    """The Convex function over an index of vectors: `by_embedding` → `nearestByEmbedding`.

    `nearest_image` says it already.
    """
    name = camel_case(index_name)
    return name if name.startswith("nearest") else f"nearest{pascal_case(index_name)}"


def query_method(name: str) -> str:
    """The Python method of a query.

    `getThreadsByResourceId` and `byResourceId` → `by_resource_id`; other names in snake case.
    """
    by = _QUERY_BY.fullmatch(name)
    return f"by_{snake_case(by.group(1))}" if by is not None else python_method(name)


def client_query_method(name: str) -> str:
    """The TypeScript method of a query.

    `getThreadsByResourceId` and `byResourceId` → `byResourceId`; other names as they are.
    """
    by = _QUERY_BY.fullmatch(name)
    return f"by{by.group(1)}" if by is not None else name


def enum_members(values: Iterable[str]) -> tuple[str, ...]:
    """Names for the members of a Python enum with these values, each once.

    `tool-call` → `TOOL_CALL`, `2fa` → `VALUE_2FA`, `o` → `VALUE_O`, `+` → `VALUE`; empty text is
    `EMPTY`. What is taken gets a number: `a-b`, `a b` → `A_B`, `A_B_2`. A value added at the end
    leaves the others as they are.
    """
    members: dict[str, None] = {}
    for value in values:
        wanted = _enum_member(value)
        member, number = wanted, 1
        while member in members:
            number += 1
            member = f"{wanted}_{number}"
        members[member] = None
    return tuple(members)


def _enum_member(value: str) -> str:
    if not value:
        return "EMPTY"
    words = _NOT_IN_WORD.sub("_", snake_case(value)).strip("_").upper()
    if not words:
        return "VALUE"
    is_usable = words[0].isalpha() and words not in _AMBIGUOUS
    return words if is_usable else f"VALUE_{words}"


def _capitalized(word: str) -> str:
    return word[:1].upper() + word[1:]


def functions_folder(directory: str, root: str | None) -> tuple[str, ...]:
    """The folders from the root of the Convex functions down to a directory.

    Unless a root is given, it is called `convex`, or else the directory itself.
    """
    parts = directory.split("/")
    if root is not None:
        above = root.split("/")
        return tuple(parts[len(above) :]) if parts[: len(above)] == above else ()
    return tuple(parts[parts.index("convex") + 1 :]) if "convex" in parts else ()
