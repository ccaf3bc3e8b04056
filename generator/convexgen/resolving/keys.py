"""The types of the keys of entities, which `ref<…>` stands for."""

from __future__ import annotations

from collections.abc import Callable

from convexgen.model.types import Type
from convexgen.resolving.report import Report
from convexgen.source.nodes import Path
from convexgen.spec.expression import ExpressionError, Name, parse_expression
from convexgen.spec.surface.spec import Spec
from convexgen.spec.surface.types import FieldSpec


class KeyTypes:
    """Finds the types of keys, through refs to the end."""

    def __init__(
        self, spec: Spec, report: Report, resolve: Callable[[FieldSpec, Path], Type | None]
    ) -> None:
        self._spec = spec
        self._report = report
        self._resolve = resolve
        self._known: dict[str, Type | None] = {}

    def of(self, entity: str, path: Path) -> Type | None:
        """The type of the key of an entity, through refs to the end; None if it has a problem.

        The problem is reported where the key field itself is resolved, a circle here.
        """
        chain: list[str] = []
        current = entity
        found: Type | None = None
        while True:
            if current in self._known:
                found = self._known[current]
                break
            if current in chain:
                circle = [*chain[chain.index(current) :], current]
                self._report.error(
                    "cyclic-ref",
                    f"keys refer to one another: {' → '.join(circle)}",
                    path,
                    advice="give one of them a key of its own",
                )
                break
            chain.append(current)
            following = self._key_ref(current)
            if following is None:
                found = self._known[current] = self._own_type(current)
                break
            current = following
        for name in chain:
            self._known[name] = found
        return found

    def _key_spec(self, entity: str) -> FieldSpec | None:
        spec = self._spec.entities[entity]
        return spec.fields.get(spec.key[0]) if len(spec.key) == 1 else None

    def _key_ref(self, entity: str) -> str | None:
        """The entity whose key the key of an entity is, by a `ref`."""
        spec = self._key_spec(entity)
        if spec is None or spec.expression is None:
            return None
        try:
            expression = parse_expression(spec.expression).expression
        except ExpressionError:
            return None
        match expression:
            case Name("ref", _, (Name(target, _, ()),)) if target in self._spec.entities:
                return target
            case _:
                return None

    def _own_type(self, entity: str) -> Type | None:
        spec = self._key_spec(entity)
        if spec is None:
            return None
        key = self._spec.entities[entity].key[0]
        return self._resolve(spec, ("entities", entity, "fields", key))
