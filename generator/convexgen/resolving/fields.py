"""Fields of entities, with the options that no field of an object has."""

from __future__ import annotations

from collections.abc import Mapping

from convexgen.diagnostics.display import quoted
from convexgen.model.fields import (
    Default,
    Derivation,
    EntityField,
    Merge,
    OnDelete,
    Reference,
    Setter,
)
from convexgen.model.types import IdType, RefType, Type
from convexgen.resolving.access import resolve_policy
from convexgen.resolving.options import DefaultResolver, ResolvedField, deprecation
from convexgen.resolving.report import Report
from convexgen.resolving.types import TypeResolver
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.surface.entities import EntityFieldSpec


class FieldResolver:
    """Resolves the fields of entities."""

    def __init__(self, types: TypeResolver, defaults: DefaultResolver, report: Report) -> None:
        self._types = types
        self._defaults = defaults
        self._report = report

    def resolve(self, name: str, spec: EntityFieldSpec, path: Path) -> EntityField:
        """The field. A placeholder, marked unresolved, if its type has a problem."""
        resolved = self._types.field_type(spec, path)
        return EntityField(
            name=name,
            type=resolved.type,
            optional=resolved.optional,
            nullable=resolved.nullable,
            description=spec.description,
            setter=self._setter(spec, path),
            merge=_merge(spec.merge or {}),
            merge_within=tuple(
                (tuple(name.split(".")), Merge(how))
                for name, how in (spec.merge or {}).items()
                if name
            ),
            reference=self._reference(spec, resolved.type, path),
            constraints=resolved.constraints,
            deprecated=deprecation(spec),
            sensitive=bool(spec.sensitive),
            python=spec.python,
            renamed_from=spec.renamed_from,
            default=self._default(spec, resolved, path),
            immutable=bool(spec.immutable),
            large=bool(spec.large),
            rows=bool(spec.rows),
            absent_last=spec.absent == "last",
            derived=None if spec.source is None else _derivation(spec.source),
            kept=bool(spec.keep),
            access=None if spec.access is None else resolve_policy(spec.access),
        )

    def _setter(self, spec: EntityFieldSpec, path: Path) -> Setter | None:
        """When the backend sets the field; `given` says whether a caller may, too."""
        if spec.given is not None and spec.setter is None:
            self._report.error(
                "given-needs-set",
                '"given" is for fields with "set" only',
                (*path, "given"),
                part=Part.KEY,
                advice='remove "given": no caller gives a revision'
                if spec.revision
                else 'remove "given", or add set: on write',
            )
        if spec.revision and spec.setter is not None:
            self._report.error(
                "contradicting-options",
                "a field counts the writes of a document or has their time, not both",
                (*path, "revision"),
                part=Part.KEY,
                advice='remove "revision", or "set"',
            )
        if spec.setter is None:
            return Setter.REVISION if spec.revision else None
        return Setter(spec.setter if spec.given is None else f"{spec.setter}, unless given")

    def _default(
        self, spec: EntityFieldSpec, resolved: ResolvedField, path: Path
    ) -> Default | None:
        """The default. One that is kept and may be null is null until something is given."""
        default = self._defaults.resolve(spec, resolved, path)
        says_none = "default" not in spec.model_fields_set
        if says_none and spec.keep and resolved.nullable and not resolved.optional:
            return Default(None)
        return default or _no_entries(spec, resolved)

    def _reference(self, spec: EntityFieldSpec, type_: Type, path: Path) -> Reference | None:
        """What a reference does; None if the field is not one, whose options are then wrong."""
        options = {"onDelete": spec.on_delete, "check": spec.check, "touch": spec.touch}
        is_used = any(value is not None for value in options.values())
        if isinstance(type_, RefType) or (isinstance(type_, IdType) and is_used):
            return Reference(
                type_.entity,
                None if spec.on_delete is None else OnDelete(spec.on_delete),
                bool(spec.check),
                spec.touch,
                is_by_id=isinstance(type_, IdType),
            )
        if path not in self._report.unresolved:
            for option, value in options.items():
                if value is not None:
                    self._report.error(
                        "option-needs-ref",
                        f"{quoted(option)} is for fields of a type ref<…> or id<…> only",
                        (*path, option),
                        part=Part.KEY,
                        advice="change the type to the ref<…> of the entity that is meant",
                    )
        return None


def _no_entries(spec: EntityFieldSpec, field: ResolvedField) -> Default | None:
    """A record whose entries are rows is always there: without any, it is empty."""
    is_always_there = not field.optional and spec.source is None
    return Default({}) if spec.rows and is_always_there else None


def _merge(policies: Mapping[str, str]) -> Merge:
    """What becomes of the whole value: where parts of it have a policy, its entries stay."""
    return Merge(policies.get("", "shallow" if policies else "replace"))


def _derivation(source: str) -> Derivation:
    field, *path = source.split(".")
    return Derivation(field, tuple(path))
