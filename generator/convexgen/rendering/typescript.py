"""The files of the TypeScript client."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from convexgen.facts.header import HeaderFacts, header_of_copy
from convexgen.facts.typescript.entity import entity_facts
from convexgen.facts.typescript.functions import functions_facts
from convexgen.facts.typescript.json_schemas import json_schemas_facts
from convexgen.facts.typescript.react import react_facts
from convexgen.facts.typescript.shapes import enums_facts, objects_facts
from convexgen.facts.typescript.storage import index_facts, storage_facts, system_facts
from convexgen.json_schemas.definitions import Definitions
from convexgen.model.entities import Entity
from convexgen.model.outline import Outlines
from convexgen.model.system import System
from convexgen.rendering.compiled_templates import templates_directory
from convexgen.rendering.draft import Draft, copy
from convexgen.rendering.taken import taken_names
from convexgen.rendering.templates import Templates

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_SHARED = ("checks", "json", "values")
"""The modules of the functions that the client has too."""


def render_typescript(
    system: System,
    outlines: Outlines,
    definitions: Definitions | None,
    origin: HeaderFacts,
    templates: Templates,
) -> Mapping[str, Draft]:
    """The files, by their path below the folder of the client; `definitions` of JSON Schemas.

    Their headers say where they come from.
    """
    taken = taken_names(system)
    header = templates.render("typescript/header.ts.jinja", origin).rstrip()

    def module(template: str, facts: DataclassInstance) -> Draft:
        return Draft(templates.render(f"typescript/{template}.jinja", facts), header)

    def of_entity(entity: Entity) -> str:
        facts = entity_facts(entity, outlines.seen_by(entity), taken)
        return templates.render("typescript/entity.ts.jinja", facts)

    files = {
        ".prettierrc.yaml": Draft(templates.render("typescript/prettierrc.yaml.jinja", origin)),
        "index.ts": module("index.ts", index_facts(system, taken)),
        "storage.ts": module("storage.ts", storage_facts(system)),
    }
    if system.entities:
        files["system.ts"] = module("system.ts", system_facts(system))
    if system.enums:
        files["enums.ts"] = module("enums.ts", enums_facts(system, taken))
    if system.objects:
        files["objects.ts"] = module("objects.ts", objects_facts(system, taken))
    if system.functions:
        files["functions.ts"] = module("functions.ts", functions_facts(system, taken))
    if definitions is not None:
        files["jsonSchemas.ts"] = module("jsonSchemas.ts", json_schemas_facts(definitions))
    for entity in system.entities:
        path = f"entities/{entity.module}.ts"
        files[path] = Draft(partial(of_entity, entity), header, entity=entity.name)
    folder = templates_directory()
    copied = list((folder / "typescript" / "runtime").glob("*.ts"))
    copied += (folder / "convex" / "lib" / f"{name}.ts" for name in _SHARED)
    files |= {f"runtime/{path.name}": copy(path, header) for path in copied}
    if system.typescript is not None and system.typescript.has_testing:
        fixture = (folder / "typescript" / "testing").glob("*.ts")
        files |= {f"testing/{path.name}": copy(path, header) for path in fixture}
    if system.typescript is not None and system.typescript.has_react:
        hooks = (folder / "typescript" / "react").glob("*.ts")
        files |= {f"react/{path.name}": copy(path, header) for path in hooks}
        files["react/index.ts"] = module("react.ts", react_facts(system, taken))
    for code in system.client_code:
        for given in code.typescript if code.has_typescript else ():
            facts = header_of_copy(given.file)
            said = templates.render("typescript/header.ts.jinja", facts).rstrip()
            files[f"{code.name}/{given.name}.ts"] = Draft(given.text, said, is_copied=True)
    return files
