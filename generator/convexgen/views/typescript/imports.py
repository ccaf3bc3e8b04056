"""What a module of the client imports, by module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from convexgen.views.convex.typescript import imports, string


@dataclass(slots=True)
class Imports:
    """The names that a module imports; `up` is the way from it to the root of the client."""

    up: str
    taken: frozenset[str]
    """The names that the spec gives: what the runtime calls so has another name here."""
    _names: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _namespaces: set[str] = field(default_factory=set[str])

    def named(self, module: str, name: str) -> str:
        """A type of a module of the client."""
        self._names[f"{self.up}{module}.js"].add(f"type {name}")
        return name

    def namespace(self, module: str) -> str:
        """A module of the client whose types have its name before them."""
        self._namespaces.add(module)
        return module

    def value(self, module: str, *names: str) -> None:
        """Some values of a module of the client."""
        self._names[f"{self.up}{module}.js"].update(names)

    def runtime(self, name: str, *, is_value: bool = False) -> str:
        """A name of the runtime, or what it is called here."""
        local = f"{name}_" if name in self.taken else name
        imported = name if local == name else f"{name} as {local}"
        prefix = "" if is_value else "type "
        self._names[f"{self.up}runtime/index.js"].add(prefix + imported)
        return local

    def lines(self, *, but: Iterable[str] = ()) -> tuple[str, ...]:
        """The imports, sorted by module; those `but` some modules."""
        left_out = {f"{self.up}{module}.js" for module in but}
        lines = {
            module: _import(module, names)
            for module, names in self._names.items()
            if module not in left_out
        }
        for namespace in self._namespaces:
            module = f"{self.up}{namespace}.js"
            lines[module] = f"import type * as {namespace} from {string(module)};"
        return tuple(lines[module] for module in sorted(lines))


def _import(module: str, names: set[str]) -> str:
    if all(name.startswith("type ") for name in names):
        bare = [name.removeprefix("type ") for name in names]
        return imports(module, bare, types_only=True)
    return imports(module, names)
