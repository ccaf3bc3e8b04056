"""A whole spec of what a project's schema exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convexgen.importing.comments import Comments
from convexgen.importing.entities import SaidEntity, entity_of
from convexgen.importing.exported import ExportedSchema, ExportedTable
from convexgen.importing.keys import Reading
from convexgen.importing.names import Names, singular, type_name
from convexgen.importing.types import Said, Types
from convexgen.importing.yaml_text import write_mapping
from convexgen.reserved import CHUNKS_TABLE, COUNTS_TABLES, UNFINISHED_TABLE

OWN_TABLES = frozenset({CHUNKS_TABLE, UNFINISHED_TABLE, *COUNTS_TABLES})
"""Tables that the tool adds by itself where it needs them."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the spec is called, and where it writes."""

    name: str
    directory: str
    source: str
    """The file with the schema."""
    function_spec: str | None
    """The file that says what the functions take and return, beside the spec."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A spec, as text."""

    text: str
    entities: int
    keyed: int
    """How many entities have a key."""
    advised: int
    """How many have a comment about one."""


def draft_spec(
    schema: ExportedSchema,
    comments: Comments,
    readings: Sequence[Reading],
    target: Target,
    lint: Mapping[str, str],
) -> Drafted:
    """The spec of a schema; `lint` says what advice is worth."""
    tables = [table for table in schema.tables if table.name not in OWN_TABLES]
    names = Names()
    entities = {table.name: names.take(_entity_names(table)) for table in tables}
    types = Types(tables, entities, names)
    said = {entities[one.name]: entity_of(one, types, comments, readings) for one in tables}
    content = _content(schema, said, types, target, lint)
    notes: dict[tuple[str, ...], Sequence[str]] = {
        ("entities", name, "fields"): one.advice for name, one in said.items() if one.advice
    }
    lines = write_mapping(content, notes)
    header = [
        "# yaml-language-server: $schema=convexgen.schema.json",
        f"# What {target.source} says, by `convexgen import`, which may be run again.",
    ]
    return Drafted(
        "\n".join([*header, *_spaced(lines)]) + "\n",
        len(said),
        sum("key" in one.content for one in said.values()),
        len(notes),
    )


def _entity_names(table: ExportedTable) -> list[str]:
    one = type_name(singular(table.name))
    return [one, type_name(table.name), f"{one}Entity"]


def _content(
    schema: ExportedSchema,
    said: Mapping[str, SaidEntity],
    types: Types,
    target: Target,
    lint: Mapping[str, str],
) -> dict[str, Said]:
    convex: dict[str, Said] = {"directory": target.directory}
    if not schema.validates:
        convex["schemaValidation"] = False
    content: dict[str, Said] = {"convexgen": 1, "name": target.name, "convex": convex}
    if target.function_spec is not None:
        content["functionSpec"] = target.function_spec
    if types.other_tables:
        content["tables"] = list(types.other_tables)
    if lint:
        content["lint"] = dict(lint)
    if types.enums:
        content["enums"] = types.enums
    if types.objects:
        content["objects"] = types.objects
    if said:
        content["entities"] = {name: one.content for name, one in said.items()}
    return content


def _spaced(lines: Sequence[str]) -> list[str]:
    """With an empty line before each section, and between entities."""
    spaced: list[str] = []
    section = ""
    for line in lines:
        is_section = not line.startswith((" ", "#"))
        is_entity = section == "entities:" and line.startswith("  ") and line[2:3] not in {" ", "#"}
        if is_section:
            section = line
        is_first = bool(spaced) and spaced[-1] == "entities:"
        if (is_section and line in {"enums:", "objects:", "entities:"}) or (
            is_entity and not is_first
        ):
            spaced.append("")
        spaced.append(line)
    return spaced
