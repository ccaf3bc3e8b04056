"""The view of the module of an entity: its classes, its calls and its stores."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convexgen.model.entities import Entity
from convexgen.model.system import System
from convexgen.views.python.calls import CallView, EntityCalls
from convexgen.views.python.models import ClassView, entity_classes, import_lines, variants_alias
from convexgen.views.python.stores import StoreView, view_store


@dataclass(frozen=True, slots=True)
class EntityView:
    """What the module of an entity prints."""

    imports: tuple[str, ...]
    classes: tuple[ClassView, ...]
    alias: str | None
    """The type of any document; None where one class is that."""
    typed_dictionaries: tuple[ClassView, ...]
    decoders: tuple[str, ...]
    calls: tuple[CallView, ...]
    stores: tuple[StoreView, ...]


def view_entity(entity: Entity, system: System, taken: frozenset[str]) -> EntityView:
    """The view of the module of an entity."""
    calls = EntityCalls(entity, system.convex, taken)
    needed = calls.imports
    classes = entity_classes(entity, system, needed)
    view = EntityView(
        imports=(),
        classes=classes,
        alias=variants_alias(entity, needed),
        typed_dictionaries=calls.typed_dictionaries(),
        decoders=(*calls.decoders(), *calls.encoders(), *calls.variants()),
        calls=calls.calls(),
        stores=(view_store(calls, is_async=False), view_store(calls, is_async=True)),
    )
    return replace(view, imports=import_lines(needed))
