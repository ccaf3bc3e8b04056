"""The files of the Python package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from convexgen.facts.header import HeaderFacts, header_of_copy
from convexgen.facts.python.classes import enums_facts, objects_facts
from convexgen.facts.python.distribution import distribution_facts
from convexgen.facts.python.entity import entity_facts
from convexgen.facts.python.functions import functions_facts
from convexgen.facts.python.json_schemas import json_schemas_facts
from convexgen.facts.python.package import package_facts
from convexgen.facts.python.storage import (
    atomic_facts,
    entity_module,
    ids_facts,
    storage_facts,
    system_facts,
)
from convexgen.json_schemas.definitions import Definitions
from convexgen.model.entities import Entity
from convexgen.model.outline import Outlines
from convexgen.model.system import System
from convexgen.model.targets import PythonTarget
from convexgen.rendering.draft import Draft, copy
from convexgen.rendering.taken import RUNTIME, taken_names
from convexgen.rendering.templates import Templates

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def render_python(
    system: System,
    outlines: Outlines,
    definitions: Definitions | None,
    origin: HeaderFacts,
    templates: Templates,
) -> Mapping[str, Draft]:
    """The files, by their path below the folder of the package; `definitions` of JSON Schemas.

    Their headers say where they come from.
    """
    taken = taken_names(system)
    header = templates.render("python/header.py.jinja", origin).rstrip()

    def module(template: str, facts: DataclassInstance) -> Draft:
        return Draft(templates.render(f"python/{template}", facts), header)

    def of_entity(entity: Entity) -> str:
        facts = entity_facts(entity, outlines.seen_by(entity), taken)
        return templates.render("python/entity.py.jinja", facts)

    files = {
        "__init__.py": module("package.py.jinja", package_facts(system, taken)),
        "_storage.py": module("storage.py.jinja", storage_facts(system)),
        "py.typed": Draft(""),
        "ruff.toml": Draft(templates.render("python/ruff.toml.jinja", origin)),
    }
    if system.entities:
        files["_system.py"] = module("system.py.jinja", system_facts(system))
    if system.is_atomic:
        files["_atomic.py"] = module("atomic.py.jinja", atomic_facts(system))
    if system.entities or system.outside_tables:
        files["_ids.py"] = module("ids.py.jinja", ids_facts(system))
    if system.enums:
        files["_enums.py"] = module("enums.py.jinja", enums_facts(system, taken))
    if system.objects:
        files["_objects.py"] = module("objects.py.jinja", objects_facts(system, taken))
    if system.functions:
        files["_functions.py"] = module("functions.py.jinja", functions_facts(system, taken))
    if definitions is not None:
        facts = json_schemas_facts(definitions)
        files["json_schemas.py"] = module("json_schemas.py.jinja", facts)
    for entity in system.entities:
        path = f"{entity_module(entity)}.py"
        files[path] = Draft(partial(of_entity, entity), header, entity=entity.name)
    for code in system.client_code:
        for given in code.modules:
            said = templates.render("python/header.py.jinja", header_of_copy(given.file)).rstrip()
            files[f"{code.name}/{given.name}.py"] = Draft(given.text, said, is_copied=True)
    for copied in sorted(RUNTIME.glob("*.py")):
        files[f"_runtime/{copied.name}"] = copy(copied, header)
    return files


def render_distribution(
    target: PythonTarget, origin: HeaderFacts, templates: Templates
) -> Mapping[str, Draft]:
    """The files beside the package that make it one to install, if it is."""
    if not target.is_installable:
        return {}
    facts = distribution_facts(target, origin.line)
    return {"pyproject.toml": Draft(templates.render("python/pyproject.toml.jinja", facts))}
