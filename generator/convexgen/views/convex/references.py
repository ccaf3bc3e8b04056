"""The views of what an entity does to those that it refers to, and they to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.naming import pascal_case
from convexgen.views.convex import storing
from convexgen.views.convex.typescript import (
    assignment,
    block_opening,
    call,
    call_with_arrow,
    call_with_object,
    comment,
    conditional,
    entry,
    imports,
    is_not,
    member_chain,
    object_literal,
    statement,
    string,
)
from convexgen.views.convex.validators import key_type
from convexgen.views.convex.variants import some_fields
from convexgen.views.layout import Document, Line, bracketed


@dataclass(frozen=True, slots=True)
class CascadeView:
    """A deletion of this entity that deletes others first."""

    call_by_key: str
    call_by_document: str


@dataclass(frozen=True, slots=True)
class ParentView:
    """The function by which an entity referred to deletes this one."""

    comment: str
    signature: str
    batch: str
    admit: str | None
    delete: str


@dataclass(frozen=True, slots=True)
class TouchView:
    """A timestamp of an entity referred to that each write sets."""

    new_set: str
    add: str
    loop: str
    find: str
    existing: str
    patch: str


def cascading(entity: Entity) -> list[EntityField]:
    """The references by which an entity is deleted with another."""
    return [field for field in entity.fields if field.reference and field.reference.cascade]


def touching(entity: Entity) -> list[EntityField]:
    """The references to entities of which each write sets a timestamp."""
    return [field for field in entity.fields if field.reference and field.reference.touch]


def _removal_function(field: EntityField) -> str:
    return f"removeBy{pascal_case(field.name)}"


def _child_removal(child: Entity, field: EntityField, entity: Entity) -> str:
    """The name under which the module of an entity knows the removal of its children."""
    function = _removal_function(field)
    return function if child is entity else f"{function}From{pascal_case(child.table)}"


def view_cascade(child: Entity, field: EntityField, entity: Entity) -> CascadeView:
    """The view of the deletion of what refers to an entity by a field."""
    function = _child_removal(child, field, entity)
    (key,) = entity.key

    def opening(level: int, source: str) -> str:
        removal = call(function, ["ctx", f"{source}.{key}", "budget"])
        return statement(level, block_opening("if", ("!(await ", removal, ")")))

    return CascadeView(opening(1, "key"), opening(2, "one"))


def _index_starting_with(field: EntityField, entity: Entity) -> str:
    return next(index.name for index in entity.indexes if index.fields[0] == field.name)


def view_parent(field: EntityField, entity: Entity, system: System) -> ParentView:
    """The view of the deletion that the entity referred to calls."""
    index = string(_index_starting_with(field, entity))
    range_ = call_with_arrow(".withIndex", index, "q", call("q.eq", [string(field.name), "value"]))
    has_children = bool(system.deleted_with(entity))
    taken = f".take({'above + 1' if has_children else storing.batch_size(entity)})"
    level = 2 if has_children else 3
    batch = member_chain("ctx.db", [storing.query_on(entity), range_, taken])
    parameters: list[Document] = [
        "ctx: MutationCtx",
        f"value: {key_type(field.type, system)}",
        "budget: DeletionBudget",
    ]
    signature = bracketed(
        f"export async function {_removal_function(field)}(",
        parameters,
        "): Promise<boolean> {",
        broken=True,
    )
    return ParentView(
        comment("Deletes all that have this value, or as many as the budget allows: then false.")[
            :-1
        ],
        statement(0, signature),
        statement(2, "const batch = await ", batch, ";"),
        storing.admit(level, entity, "one"),
        storing.delete(level, entity, "one"),
    )


def view_touch(field: EntityField, system: System) -> TouchView:
    """The view of the timestamp. Raises ValueError where the field sets none."""
    reference = field.reference
    if reference is None or reference.touch is None:
        raise ValueError(f"{field.name} touches nothing")
    target = system.entity(reference.entity)
    (key,) = target.key
    source = f"source.{field.name}"
    guard: Document = is_not(source, "undefined")
    if field.nullable:
        guard = (guard, " &&", Line(), is_not(source, "null"))
    range_ = call_with_arrow(
        ".withIndex", string(target.key_index), "q", call("q.eq", [string(key), "value"])
    )
    patch = call_with_object(
        "ctx.db.patch",
        [string(target.table), "existing._id"],
        [entry(reference.touch, "Date.now()")],
    )
    values = f"touched.{field.name}"
    return TouchView(
        new_set=statement(2, entry(field.name, f"new Set<{key_type(field.type, system)}>()")),
        add=statement(1, conditional(guard, (call(f"{values}.add", [source]), ";"))),
        loop=statement(1, f"for (const value of {values}) {{"),
        find=statement(2, "const found = await ", storing.found_with_key(target, range_), ";"),
        existing=statement(
            2,
            assignment(
                "const existing", storing.only(target, object_literal([entry(key, "value")]))
            ),
        ),
        patch=statement(3, "await ", patch, ";"),
    )


def add_touches_signature(entity: Entity) -> str:
    """The head of the function that collects what a document touches."""
    parameters: list[Document] = ["touched: Touches", ("source: ", some_fields(entity))]
    return statement(0, bracketed("function addTouches(", parameters, ") {"))


def child_imports(entity: Entity, children: Sequence[tuple[Entity, EntityField]]) -> list[str]:
    """The imports of the deletions of other entities that refer to an entity."""
    modules: dict[str, list[str]] = {}
    for child, field in children:
        if child is not entity:
            name = f"{_removal_function(field)} as {_child_removal(child, field, entity)}"
            modules.setdefault(child.table, []).append(name)
    return [imports(f"./{module}.js", names) for module, names in sorted(modules.items())]
