"""Names of entities, enums and objects, which a schema does not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from convexgen.naming import pascal_case
from convexgen.reserved import PYTHON_TYPES, TYPESCRIPT_TYPES
from convexgen.rules.limits import IDENTIFIER_LENGTH

_ENDINGS = (
    (re.compile(r"(?i)(?<=[^aeiou])ies$"), "y"),
    (re.compile(r"(?i)(?<=ss)es$|(?<=x)es$|(?<=ch)es$|(?<=sh)es$|(?<=zz)es$"), ""),
    (re.compile(r"(?i)(?<=[^suio])s$|(?<=[^c]io)s$"), ""),
)
"""How English makes one of many, where that is regular; "status", "news" and "analysis" stay."""
_SAME = frozenset({"analytics", "canvas", "news", "series", "settings"})


def singular(name: str) -> str:
    """One of what a table is called after: `people_who` and others that are not regular stay."""
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|[^A-Za-z0-9]+", name)
    if words and words[-1].lower() in _SAME:
        return name
    for ending, instead in _ENDINGS:
        found = ending.sub(instead, name)
        if found != name and found:
            return found
    return name


def plural(name: str) -> str:
    """What a table of such things is called, where English is regular."""
    if singular(name) != name or name.lower() in _SAME:
        return name
    if re.search(r"(?i)[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(?i)(s|x|z|ch|sh)$", name) else f"{name}s"


@dataclass(frozen=True, slots=True)
class Known:
    """Names that a spec has given already."""

    entities: Mapping[str, str] = field(default_factory=dict[str, str])
    """By their tables."""
    shapes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of objects and enums, by what tells them apart."""
    taken: frozenset[str] = frozenset()


class Names:
    """Names of types, each given once. What the generated code uses itself is taken."""

    def __init__(self, known: Known) -> None:
        taken = (*PYTHON_TYPES, *TYPESCRIPT_TYPES, *known.taken)
        self._taken = {name.lower() for name in taken}

    def take(self, candidates: Iterable[str]) -> str:
        """The first of some names that is free, else the last one with a number."""
        name = ""
        for candidate in candidates:
            name = candidate[:IDENTIFIER_LENGTH]
            if self._claim(name):
                return name
        number = 2
        while not self._claim(numbered := _ending(name, number)):
            number += 1
        return numbered

    def _claim(self, name: str) -> bool:
        # What is generated for two entities must not differ in capitals alone.
        if name.lower() in self._taken:
            return False
        self._taken.add(name.lower())
        return True


def _ending(name: str, number: int) -> str:
    """A name that ends in a number, not longer than Convex allows."""
    return f"{name[: IDENTIFIER_LENGTH - len(str(number))]}{number}"


def type_name(name: str) -> str:
    """A name of a type after another name."""
    found = pascal_case(name)
    return found if found[:1].isalpha() else f"T{found}"
