"""The variants of entities whose documents are of several shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace

from convexgen.model.classes import variant_class
from convexgen.model.entities import Variant
from convexgen.model.fields import EntityField
from convexgen.model.shapes import ObjectShape
from convexgen.model.system import System
from convexgen.model.tags import list_tags
from convexgen.model.traversal import schema_parts
from convexgen.model.types import EnumType, Field, InlineObjectType, LiteralType, ObjectType, Type
from convexgen.resolving.fields import FieldResolver
from convexgen.resolving.report import Report
from convexgen.resolving.tags import TaggedUnion
from convexgen.resolving.types import TypeResolver
from convexgen.source.nodes import Path
from convexgen.spec.surface.entities import EntitySpec, VariantSpec
from convexgen.spec.surface.types import TypeSpec


class VariantResolver:
    """Resolves the unions of entities."""

    def __init__(
        self,
        objects: Sequence[ObjectShape],
        enums: Mapping[str, tuple[str, ...]],
        types: TypeResolver,
        fields: FieldResolver,
        report: Report,
    ) -> None:
        self._objects = {shape.name: shape.fields for shape in objects}
        self._enums = enums
        self._types = types
        self._fields = fields
        self._report = report

    def resolve(self, entity: str, spec: EntitySpec) -> tuple[Variant, ...]:
        """The variants of an entity; those that are no objects are left out.

        These, and what a tag does not tell apart, are reported with the unions in fields.
        """
        if spec.variants is None:
            return ()
        members: list[tuple[Type, Path]] = []
        variants: list[Variant] = []
        for position, one in enumerate(spec.variants):
            path: Path = ("entities", entity, "union", position)
            type_ = self._member(one, path)
            if type_ is None:
                continue
            members.append((type_, path))
            variant = self._variant(type_, entity, spec.tag, position)
            if variant is not None:
                variants.append(variant)
            elif spec.tag is None:
                message = "the documents of a table are objects"
                self._report.error("union-tag", message, path, advice="name an object")
        if spec.tag is not None:
            self._types.tagged.append(TaggedUnion(spec.tag, tuple(members)))
        return tuple(variants)

    def _member(self, spec: VariantSpec, path: Path) -> Type | None:
        if spec.properties is None:
            return self._types.member(TypeSpec(type=spec.expression), path)
        return InlineObjectType(
            tuple(
                self._fields.resolve(name, field, (*path, "object", name))
                for name, field in spec.properties.items()
            )
        )

    def _variant(self, type_: Type, entity: str, tag: str | None, position: int) -> Variant | None:
        name: str | None = None
        match type_:
            case ObjectType(name):
                declared = self._objects[name]
            case InlineObjectType(declared):
                pass
            case _:
                return None
        listed = list_tags(declared, (tag,) if tag else (), self._enums)
        fields = tuple(_entity_field(field) for field in listed)
        values: tuple[str, ...] = ()
        for field in fields:
            if field.name == tag and isinstance(field.type, LiteralType):
                values = field.type.values
            elif field.name == tag and isinstance(field.type, EnumType):
                values = field.type.listed
        named = name or (values[0] if values else "")
        return Variant(variant_class(entity, named, position), values, fields, position, name)


def _entity_field(field: Field) -> EntityField:
    """A field of an object as one of the entity that has all the fields of the object."""
    if isinstance(field, EntityField):
        return field
    return EntityField(**{one.name: getattr(field, one.name) for one in dataclass_fields(field)})


def without_mere_variants(system: System) -> System:
    """The system without the objects whose fields are those of documents, and of nothing else."""
    variants = {variant.object for entity in system.entities for variant in entity.variants}
    fields: list[Field] = [field for shape in system.objects for field in shape.fields]
    fields.extend(field for entity in system.entities for _, field in entity.declared_fields)
    for function in system.functions:
        fields.extend((*function.arguments, *function.whole))
    used = {
        part.name
        for field in fields
        for part in schema_parts(field.type)
        if isinstance(part, ObjectType)
    }
    objects = [one for one in system.objects if one.name not in variants or one.name in used]
    return replace(system, objects=tuple(objects))
