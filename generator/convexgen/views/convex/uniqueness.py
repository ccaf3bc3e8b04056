"""The view of the functions that keep fields unique."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.model.entities import Entity, Unique
from convexgen.naming import pascal_case
from convexgen.views.convex import storing
from convexgen.views.convex.typescript import (
    array,
    call,
    call_with_arrow,
    comment,
    conditional,
    equal,
    member_chain,
    statement,
    string,
)
from convexgen.views.convex.writing import given_of
from convexgen.views.layout import Document, bracketed


@dataclass(frozen=True, slots=True)
class UniqueView:
    """The check of some fields that are unique."""

    comment: str
    signature: str
    skip: str
    holder: str
    throw: str
    check_written: str
    check_updated: str | None
    """None where no update changes any of the fields."""


def view_unique(unique: Unique, entity: Entity, some_fields: Document) -> UniqueView:
    """The view of the check; `some_fields` is the type of some fields of a document."""
    names = array([string(name) for name in unique.fields])
    parameters: list[Document] = [
        "ctx: MutationCtx",
        ("given: ", some_fields),
        f"own: Id<{string(entity.table)}> | undefined",
    ]
    function = _function(unique)
    signature = bracketed(f"async function {function}(", parameters, ") {", broken=True)
    range_ = call_with_arrow(".withIndex", string(unique.index), "q", equal(unique.fields, "given"))
    holder = member_chain("ctx.db", [storing.query_on(entity), range_, ".first()"])
    failure = ("throw ", call("taken", [string(entity.name), names, "given"]), ";")
    given = given_of(entity, unique.fields)
    fields = " and ".join(f"`{name}`" for name in unique.fields)
    return UniqueView(
        comment(f"Throws if another one has the same {fields}."),
        statement(0, signature),
        statement(1, conditional(("!", call("hasAll", ["given", names])), "return;")),
        statement(1, "const holder = await ", holder, ";"),
        statement(2, failure),
        statement(1, "await ", call(function, ["ctx", given, "existing?._id"]), ";"),
        statement(2, "await ", call(function, ["ctx", "changed", "existing._id"]), ";")
        if changes_unique(unique, entity)
        else None,
    )


def changes_unique(unique: Unique, entity: Entity) -> bool:
    """Whether an update may change any of the fields."""
    return any(field.name in unique.fields for field in entity.changeable_fields)


def _function(unique: Unique) -> str:
    return f"expectUnique{'And'.join(pascal_case(name) for name in unique.fields)}"
