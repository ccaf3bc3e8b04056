"""What the modules of an entity depend on, as a digest: while it is the same, so are they."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import cast

from convexgen.facts.header import header
from convexgen.model.outline import Outlines
from convexgen.model.system import System
from convexgen.rendering.taken import taken_names


def entity_inputs(system: System, spec: str, tool: str) -> Mapping[str, str]:
    """Half of a SHA-256 for each entity, in hexadecimal, by its name.

    It is of the entity, and of all else that its modules are rendered from, as `render` does:
    what they see of the system, the names that are taken, the path of the spec in their headers,
    and the `tool`, whose templates and facts they are.
    """
    outlines = Outlines(system)
    common = repr((tool, header(spec).line, _plain(outlines.shared), sorted(taken_names(system))))
    start = hashlib.sha256(common.encode("utf-8", "surrogatepass"))
    found: dict[str, str] = {}
    for entity in system.entities:
        total = start.copy()
        own = repr((_plain(entity), _plain(outlines.others(entity))))
        total.update(own.encode("utf-8", "surrogatepass"))
        found[entity.name] = total.hexdigest()[:32]
    return found


def _plain(value: object) -> object:
    """Builtin values in place of a model, so that its text is the same in every run.

    Raises TypeError for what has no such text.
    """
    if type(value) in _SCALARS:
        return value
    if isinstance(value, tuple | list):
        return [_plain(one) for one in cast("Sequence[object]", value)]
    if isinstance(value, dict):
        entries = cast("Mapping[object, object]", value).items()
        return {_plain(key): _plain(one) for key, one in entries}
    if isinstance(value, Enum):
        return value.name
    return [
        type(value).__name__,
        *[_plain(getattr(value, name)) for name in _names(cast("Hashable", type(value)))],
    ]


_SCALARS = frozenset((str, int, float, bool, bytes, type(None)))


@cache
def _names(kind: Hashable) -> Sequence[str]:
    """The names of the fields of a dataclass."""
    if not is_dataclass(kind):
        raise TypeError(f"{kind} has no text of its own")
    # What nobody gives follows from the rest.
    return [field.name for field in fields(kind) if field.init]
