"""The passes that make a model of a spec."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convexgen.diagnostics.codes import Severities
from convexgen.diagnostics.diagnostic import Diagnostic
from convexgen.diagnostics.display import quoted
from convexgen.json_schemas.bundle import Bundle
from convexgen.model.system import (
    Access,
    ConvexTarget,
    Entity,
    EntityField,
    EnumShape,
    JsonSchemas,
    Merge,
    PythonTarget,
    Reference,
    Setter,
    System,
    TypeScriptTarget,
    Visibility,
)
from convexgen.model.types import RefType, Type
from convexgen.resolving.functions import resolve_functions
from convexgen.resolving.objects import resolve_objects
from convexgen.resolving.options import DefaultResolver, deprecation
from convexgen.resolving.queries import resolve_indexes, resolve_queries
from convexgen.resolving.report import Report
from convexgen.resolving.searching import resolve_search_indexes, resolve_vector_indexes
from convexgen.resolving.severities import resolve_severities
from convexgen.resolving.tags import check_tags, list_tags_of_objects
from convexgen.resolving.types import TypeResolver
from convexgen.source.assemble import Read
from convexgen.source.nodes import Path
from convexgen.source.source import Part, Source
from convexgen.spec.surface import EntityFieldSpec, EntitySpec, Spec


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

    `read` gives the bytes of the JSON Schemas that types name.
    """
    report = Report(source, unresolved)
    bundle = Bundle(read)
    types = TypeResolver(spec, report, bundle)
    defaults = DefaultResolver(spec, report)
    system = System(
        name=spec.name,
        enums=tuple(
            EnumShape(name, tuple(enum.values), enum.description)
            for name, enum in spec.enums.items()
        ),
        objects=resolve_objects(spec, types, report),
        entities=tuple(
            _resolve_entity(name, entity, types, defaults, report)
            for name, entity in spec.entities.items()
        ),
        convex=ConvexTarget(spec.convex.directory),
        python=PythonTarget(
            spec.python.package or f"{spec.name.replace('-', '_')}_convex", spec.python.directory
        ),
        typescript=TypeScriptTarget(
            spec.typescript.directory, has_testing=spec.typescript.testing is not None
        )
        if spec.typescript.enabled
        else None,
        description=spec.description,
        functions=resolve_functions(spec, types, report),
    )
    if bundle.files:
        system = replace(system, json_schemas=JsonSchemas(bundle.text(), bundle.files))
    check_tags(types.tagged, system, report)
    system = list_tags_of_objects(types.tagged, system)
    severities = resolve_severities(spec, report)
    return Resolution(system, tuple(report.diagnostics), severities, frozenset(report.unresolved))


def _resolve_entity(
    name: str, spec: EntitySpec, types: TypeResolver, defaults: DefaultResolver, report: Report
) -> Entity:
    fields = tuple(
        _resolve_field(
            field_name, field, ("entities", name, "fields", field_name), types, defaults, report
        )
        for field_name, field in spec.fields.items()
    )
    indexes = resolve_indexes(spec, fields)
    return Entity(
        name=name,
        table=spec.table,
        key=tuple(spec.key),
        key_index=indexes.key_index,
        fields=fields,
        indexes=indexes.all,
        queries=resolve_queries(name, spec, fields, indexes, report),
        search_indexes=resolve_search_indexes(spec),
        vector_indexes=resolve_vector_indexes(spec, fields),
        unique=indexes.unique,
        access=Access(Visibility(spec.access.read), Visibility(spec.access.write)),
        description=spec.description,
        deprecated=deprecation(spec),
    )


def _resolve_field(
    name: str,
    spec: EntityFieldSpec,
    path: Path,
    types: TypeResolver,
    defaults: DefaultResolver,
    report: Report,
) -> EntityField:
    resolved = types.field_type(spec, path)
    return EntityField(
        name=name,
        type=resolved.type,
        optional=resolved.optional,
        nullable=resolved.nullable,
        description=spec.description,
        setter=None if spec.setter is None else Setter(spec.setter),
        merge=Merge(spec.merge or "replace"),
        reference=_resolve_reference(spec, resolved.type, path, report),
        constraints=resolved.constraints,
        deprecated=deprecation(spec),
        sensitive=bool(spec.sensitive),
        default=defaults.resolve(spec, resolved, path),
        immutable=bool(spec.immutable),
        large=bool(spec.large),
    )


def _resolve_reference(
    spec: EntityFieldSpec, type_: Type, path: Path, report: Report
) -> Reference | None:
    """What a reference does; None if the field is not one, whose options are then wrong."""
    if isinstance(type_, RefType):
        return Reference(type_.entity, spec.on_delete == "cascade", spec.touch)
    if path not in report.unresolved:
        for option, value in (("onDelete", spec.on_delete), ("touch", spec.touch)):
            if value is not None:
                report.error(
                    "option-needs-ref",
                    f"{quoted(option)} is for fields of a type ref<…> only",
                    (*path, option),
                    part=Part.KEY,
                    advice="change the type to the ref<…> of the entity that is meant",
                )
    return None
