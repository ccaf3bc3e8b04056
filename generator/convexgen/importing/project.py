"""A whole spec of what a project's schema exports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from convexgen.importing.comments import Comments
from convexgen.importing.entities import entity_of
from convexgen.importing.exported import ExportedSchema, ExportedTable
from convexgen.importing.keys import Reading
from convexgen.importing.names import Known, Names, singular, type_name
from convexgen.importing.types import Said, Types
from convexgen.importing.yaml_text import write_mapping
from convexgen.naming import python_module
from convexgen.reserved import (
    CHUNKS_TABLE,
    COUNTS_TABLES,
    UNFINISHED_TABLE,
    module_problem,
)
from convexgen.rules.limits import MODULE_LENGTH

_FUNCTIONS = "functions"
"""What clients call the functions of the project's own."""
OWN_TABLES = frozenset({CHUNKS_TABLE, UNFINISHED_TABLE, *COUNTS_TABLES})
"""Tables that the tool adds by itself where it needs them."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the spec is called, and where it writes."""

    name: str
    directory: str
    source: str
    """Where the schema is: its file, or its deployment."""
    function_spec: str | None
    """The file that says what the functions take and return, beside the spec."""
    schema_is_theirs: bool = True
    """Whether Convex reads a schema of the project's own."""
    is_repeatable: bool = True
    """Whether a later import adds to the spec what has changed."""
    functions: str | None = None
    """The folder of all functions of the project, where it is not called `convex`."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A spec, as what it says."""

    schema: ExportedSchema
    target: Target
    names: Mapping[str, str]
    """Of the entities, by their tables."""
    entities: Mapping[str, dict[str, Said]]
    enums: Mapping[str, Said]
    """Those that are new."""
    objects: Mapping[str, Said]
    other_tables: Sequence[str]
    notes: Mapping[tuple[str, ...], Sequence[str]]
    """Comments before keys, by their paths."""
    types: Types | None = None
    """What says further types of it, where it is of a schema that was exported."""

    def text(self, lint: Mapping[str, str]) -> str:
        """The spec; `lint` says what advice is worth."""
        lines = write_mapping(_content(self, lint), self.notes)
        again = ", which may be run again" if self.target.is_repeatable else ""
        header = [
            "# yaml-language-server: $schema=convexgen.schema.json",
            f"# What {self.target.source} says, by `convexgen import`{again}.",
        ]
        return "\n".join([*header, *_spaced(lines)]) + "\n"


def draft_spec(
    schema: ExportedSchema,
    comments: Comments,
    readings: Sequence[Reading],
    target: Target,
    known: Known,
) -> Drafted:
    """The spec of a schema."""
    tables = [table for table in schema.tables if table.name not in OWN_TABLES]
    names = Names(known)
    entities = {
        table.name: known.entities.get(table.name) or names.take(_entity_names(table))
        for table in tables
    }
    types = Types(tables, entities, names, known.shapes, comments)
    # Only where generated functions write is this table there. What comes to an earlier spec is
    # read alone: that others are written says nothing of it.
    is_written = not known.entities and any(
        table.name == UNFINISHED_TABLE for table in schema.tables
    )
    modules = modules_of(table.name for table in tables)
    said = {
        entities[one.name]: entity_of(
            one, modules[one.name], types, comments, readings, is_written=is_written
        )
        for one in tables
    }
    return Drafted(
        schema,
        target,
        entities,
        {name: one.content for name, one in said.items()},
        types.enums,
        types.objects,
        types.other_tables,
        {("entities", name, "fields"): one.advice for name, one in said.items() if one.advice},
        types,
    )


def modules_of(tables: Iterable[str]) -> dict[str, str]:
    """What the modules of tables are called: as they are, unless that is taken."""
    taken = {_FUNCTIONS}
    modules: dict[str, str] = {}

    def is_free(name: str) -> bool:
        is_right = len(name) <= MODULE_LENGTH and module_problem(name) is None
        return is_right and not taken & {name.lower(), python_module(name)}

    for table in tables:
        module, number = table, 1
        # No ending makes a name right that begins so.
        start = re.sub("^lib_+", "lib", table, flags=re.IGNORECASE)
        while not is_free(module):
            ending = "Table" if number == 1 else f"Table{number}"
            module = f"{start[: MODULE_LENGTH - len(ending)]}{ending}"
            number += 1
        taken |= {module.lower(), python_module(module)}
        modules[table] = module
    return modules


def _entity_names(table: ExportedTable) -> list[str]:
    one = type_name(singular(table.name))
    return [one, type_name(table.name), f"{one}Entity"]


def _content(drafted: Drafted, lint: Mapping[str, str]) -> dict[str, Said]:
    target = drafted.target
    convex: dict[str, Said] = {"directory": target.directory}
    if target.functions is not None:
        convex["functions"] = target.functions
    if target.schema_is_theirs:
        convex["schema"] = "theirs"
    if not drafted.schema.validates:
        convex["schemaValidation"] = False
    content: dict[str, Said] = {"convexgen": 1, "name": target.name, "convex": convex}
    if target.function_spec is not None:
        content["functionSpec"] = target.function_spec
    if drafted.other_tables:
        content["tables"] = list(drafted.other_tables)
    for key, section in (
        ("lint", lint),
        ("enums", drafted.enums),
        ("objects", drafted.objects),
        ("entities", drafted.entities),
    ):
        if section:
            content[key] = dict(section)
    if target.function_spec is None and not drafted.entities:
        content["entities"] = {}
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
