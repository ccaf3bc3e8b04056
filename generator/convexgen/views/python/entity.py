"""The view of the module of an entity: its classes, its calls and its stores."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convexgen.model.system import Entity, System
from convexgen.views.python.calls import CallView, EntityCalls
from convexgen.views.python.models import ClassView, entity_class, import_lines, inline_classes
from convexgen.views.python.stores import StoreView, view_store


@dataclass(frozen=True, slots=True)
class EntityView:
    """What the module of an entity prints."""

    header: str
    imports: tuple[str, ...]
    classes: tuple[ClassView, ...]
    typed_dictionaries: tuple[ClassView, ...]
    decoders: tuple[str, ...]
    calls: tuple[CallView, ...]
    stores: tuple[StoreView, ...]


def view_entity(entity: Entity, system: System, header: str, taken: frozenset[str]) -> EntityView:
    """The view of the module of an entity."""
    calls = EntityCalls(entity, system.convex, taken)
    needed = calls.imports
    classes = (
        *inline_classes(entity.fields, entity.name, needed),
        entity_class(entity, system, needed),
    )
    view = EntityView(
        header=header,
        imports=(),
        classes=classes,
        typed_dictionaries=calls.typed_dictionaries(),
        decoders=(*calls.decoders(), *calls.encoders()),
        calls=calls.calls(),
        stores=(view_store(calls, is_async=False), view_store(calls, is_async=True)),
    )
    return replace(view, imports=import_lines(needed))
