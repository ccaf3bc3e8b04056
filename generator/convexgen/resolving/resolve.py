"""The passes that make a model of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from convexgen.diagnostics.codes import Severities
from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.display import quoted
from convexgen.json_schemas.bundle import Bundle
from convexgen.model.entities import DOCUMENT_ID, Access, Entity, Retention, Visibility
from convexgen.model.inner_classes import with_inner_classes
from convexgen.model.shapes import EnumShape, ObjectShape
from convexgen.model.standard_functions import StandardFunctions
from convexgen.model.system import JsonSchemas, System
from convexgen.model.targets import ConvexTarget, PythonTarget, TypeScriptTarget
from convexgen.naming import FILES_TABLE
from convexgen.resolving.access import resolve_identity, resolve_rules
from convexgen.resolving.allowances import resolve_allowances
from convexgen.resolving.client_code import resolve_client_code
from convexgen.resolving.copied_modules import resolve_copied_modules
from convexgen.resolving.described_functions import name_types
from convexgen.resolving.fields import FieldResolver
from convexgen.resolving.functions import resolve_functions
from convexgen.resolving.links import resolve_links
from convexgen.resolving.objects import resolve_objects
from convexgen.resolving.options import DefaultResolver, deprecation
from convexgen.resolving.paths import resolve_inner_fields
from convexgen.resolving.queries import (
    resolve_indexes,
    resolve_queries,
    resolve_staged_indexes,
)
from convexgen.resolving.relations import resolve_relations
from convexgen.resolving.report import Report
from convexgen.resolving.searching import resolve_search_indexes, resolve_vector_indexes
from convexgen.resolving.severities import resolve_severities
from convexgen.resolving.tags import check_tags, list_tags_of_objects
from convexgen.resolving.types import TypeResolver
from convexgen.resolving.variants import VariantResolver, without_mere_variants
from convexgen.resolving.written import with_written
from convexgen.source.assemble import Read
from convexgen.source.nodes import Path
from convexgen.source.source import Source
from convexgen.spec.surface.entities import FUNCTION_KINDS, EntitySpec
from convexgen.spec.surface.spec import Spec


@dataclass(frozen=True, slots=True)
class Resolution:
    """The model of a spec, complete only if there is no error among the diagnostics."""

    system: System
    diagnostics: tuple[Diagnostic, ...]
    severities: Severities
    unresolved: frozenset[Path]
    """The parts with a stand-in, about which nothing more is to be said."""


def resolve(spec: Spec, source: Source, unresolved: frozenset[Path], read: Read) -> Resolution:
    """The model of the spec. What cannot be resolved is reported and gets a stand-in.

    `read` gives the bytes of the JSON Schemas that types name, and of code that is copied.
    """
    report = Report(source, unresolved)
    bundle = Bundle(read)
    types = TypeResolver(spec, report, bundle)
    fields = FieldResolver(types, DefaultResolver(spec, report), report)
    objects = resolve_objects(spec, types, report)
    functions = resolve_functions(spec, types, report)
    values = {name: tuple(enum.values) for name, enum in spec.enums.items()}
    variants = VariantResolver(objects, values, types, fields, report)
    system = System(
        name=spec.name,
        enums=tuple(
            EnumShape(
                name,
                values[name],
                enum.description,
                enum.is_open,
                tuple((enum.renamed_values or {}).items()),
            )
            for name, enum in spec.enums.items()
        ),
        objects=objects,
        entities=tuple(
            _resolve_entity(name, entity, spec.entities, fields, variants, objects, report)
            for name, entity in spec.entities.items()
        ),
        convex=ConvexTarget(
            spec.convex.directory,
            spec.convex.functions,
            has_validation=spec.convex.schema_validation,
            schema_is_theirs=spec.convex.schema_owner == "theirs",
            crons_are_theirs=spec.convex.crons == "theirs",
        ),
        python=PythonTarget(
            spec.python.package or f"{spec.name.replace('-', '_')}_convex",
            spec.python.directory,
            is_installable=spec.python.pyproject,
            has_aliases=spec.python.aliases,
            has_testing=spec.python.testing is not None,
        )
        if spec.python.enabled
        else None,
        typescript=TypeScriptTarget(
            spec.typescript.directory,
            has_testing=spec.typescript.testing is not None,
            has_react=spec.typescript.react,
        )
        if spec.typescript.enabled
        else None,
        description=spec.description,
        identity=resolve_identity(spec.identity),
        functions=functions,
        files=Access(Visibility(spec.files.read), Visibility(spec.files.write))
        if spec.files is not None
        else None,
        copied_modules=resolve_copied_modules(spec, functions, read, report),
        client_code=resolve_client_code(spec, read, report),
        allowances=tuple(resolve_allowances(spec)),
    )
    stored = {FILES_TABLE} if system.files is not None else set[str]()
    outside = (*(spec.tables or ()), *sorted(types.convex_tables | stored))
    system = replace(system, outside_tables=outside)
    if bundle.files:
        system = replace(system, json_schemas=JsonSchemas(bundle.text(), bundle.files))
    if any(entity.counted_indexes for entity in system.entities):
        system = replace(system, counted=True)
    system = with_written(resolve_relations(spec, system, report))
    check_tags(types.tagged, system, report)
    system = list_tags_of_objects(types.tagged, system)
    system = without_mere_variants(name_types(system, source.described))
    system = with_inner_classes(system)
    severities = resolve_severities(spec, report)
    return Resolution(system, tuple(report.diagnostics), severities, frozenset(report.unresolved))


def _standard_functions(spec: EntitySpec, *, has_queries: bool) -> StandardFunctions:
    listed = FUNCTION_KINDS if spec.functions is None else spec.functions
    found = StandardFunctions(**{kind: kind in listed for kind in FUNCTION_KINDS})
    return replace(found, queries=found.queries and has_queries)


def _resolve_entity(
    name: str,
    spec: EntitySpec,
    entities: Mapping[str, EntitySpec],
    fields: FieldResolver,
    variants: VariantResolver,
    objects: Sequence[ObjectShape],
    report: Report,
) -> Entity:
    path: Path = ("entities", name, "fields")
    if spec.key == [DOCUMENT_ID]:
        report.error(
            "unknown-field",
            f"{quoted(DOCUMENT_ID)} is what tells documents without a key apart",
            ("entities", name, "key"),
            advice='leave "key" out',
        )
    entity = Entity(
        name=name,
        table=spec.table,
        module=spec.named_module,
        key=tuple(spec.key) or (DOCUMENT_ID,),
        key_index=None,
        shared_fields=tuple(
            fields.resolve(field_name, field, (*path, field_name))
            for field_name, field in spec.fields.items()
        ),
        indexes=(),
        queries=(),
        search_indexes=resolve_search_indexes(spec, staged=False),
        access=Access(Visibility(spec.access.read_mode), Visibility(spec.access.write_mode)),
        rules=resolve_rules(spec.access),
        retention=Retention(spec.retention.after, spec.retention.on) if spec.retention else None,
        description=spec.description,
        deprecated=deprecation(spec),
        has_any_fields=spec.has_any_fields,
        tag=spec.tag,
        variants=variants.resolve(name, spec),
        composite_links=resolve_links(name, spec, entities, report),
        renamed_from=spec.renamed_from,
    )
    inner = resolve_inner_fields(spec, entity, {one.name: one.fields for one in objects})
    entity = replace(entity, inner_fields=inner)
    indexes = resolve_indexes(spec, entity.links)
    entity = replace(
        entity,
        key_index=indexes.key_index,
        indexes=indexes.all,
        queries=resolve_queries(name, spec, entity.comparable_fields, indexes, report),
        vector_indexes=resolve_vector_indexes(spec, entity.comparable_fields, staged=False),
        unique=indexes.unique,
        staged_indexes=resolve_staged_indexes(spec),
        staged_search_indexes=resolve_search_indexes(spec, staged=True),
        staged_vector_indexes=resolve_vector_indexes(spec, entity.comparable_fields, staged=True),
    )
    functions = _standard_functions(spec, has_queries=entity.has_queries)
    return replace(entity, functions=functions)
