"""The matrix of access, as generated suites have it: who calls what, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WRONG_KEY = "wrongKey"
KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who calls, other than by a deploy key."""

    name: str
    subject: str | None = None
    tenant: str | None = None
    claims: Mapping[str, Any] | None = None
    """Of the identity; None where nobody is signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """How documents of an entity are made."""

    name: str
    module: str
    """That for the key."""
    argument: str
    key: Sequence[str]
    filled: Mapping[str, str]
    """The fields that the identity fills: with the `subject` or the `tenant`."""
    restricted: Sequence[str]
    """Those that not everybody sees who sees the document."""
    users: str | None
    """The module for users."""
    table: str | None = None
    """Where the key has no functions that create, get and delete its documents: then what the
    dashboard calls does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that is there before anybody calls."""

    name: str
    entity: str
    fields: Mapping[str, Any]
    """As Convex writes values in JSON; `{"$id": name}` is the ID of another document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What comes of a call."""

    gives: Sequence[str]
    """The documents, as far as they are seen, or what is done or refused."""
    to: Sequence[str]
    """The callers of whom it is so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A call of a function for users, by everybody."""

    function: str
    result: str
    """What an answer is: a `document`; a `page`, in the order of its index, or an `unorderedPage`;
    a `list`, in any order; a `count`; an `offsetPage` or an `unorderedOffsetPage`; a `rank`;
    `created`, `updated`, or a `removal`."""
    arguments: Mapping[str, Any]
    outcomes: Sequence[Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module that is not for users: who reaches its functions."""

    name: str
    read: str
    """`internal`, for the key alone, or `public`."""
    write: str
    named: Mapping[str, str]
    """Functions for which it is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """What the rules of a spec come to."""

    callers: Sequence[Caller]
    members: str | None
    """The entity whose documents say what users are members of."""
    entities: Sequence[Entity]
    documents: Sequence[Document]
    rows: Sequence[Row]
    modules: Sequence[Module]
    untold: Mapping[str, str]
    """Modules for users whose documents cannot be made up, with the field that is the reason."""
