"""What a module of the client names of other modules: naming it imports it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.expressions import Expression

_RUNTIME = "runtime/index"


@dataclass(frozen=True, slots=True)
class Import:
    """What is imported of a module."""

    module: str
    names: tuple[str, ...] = ()
    """With `type` before those that are types, where there are values too."""
    is_types_only: bool = True
    namespace: Code | None = None
    """What stands before its types, where none is imported by its name."""


class Names:
    """The names that a module imports; `up` is the way from it to the root of the client.

    What is of its `own` it does not import. What the runtime calls as the spec calls something
    else, which is `taken`, has another name here.
    """

    def __init__(self, up: str, taken: frozenset[str], *, own: str | None = None) -> None:
        self._up = up
        self._own = own
        self._taken = taken
        self._types: defaultdict[str, set[str]] = defaultdict(set)
        self._values: defaultdict[str, set[str]] = defaultdict(set)
        self._namespaces: set[str] = set()
        self.types = RuntimeNames(self, is_value=False)
        """Types of the runtime: `types.Query`."""
        self.values = RuntimeNames(self, is_value=True)
        """Values of the runtime: `values.Store`."""

    def type_of(self, module: str, name: str, local: str | None = None) -> Code:
        """A type of a module of the client, and what it is called here if not as there."""
        self._types[module].add(name if local is None else f"{name} as {local}")
        return identifier(local or name)

    def namespace(self, module: str) -> Code:
        """A module of the client whose types have its name before them."""
        self._namespaces.add(module)
        return identifier(module)

    def value_of(self, module: str, name: str, local: str | None = None) -> Code:
        """A value of a module of the client, and what it is called here if not as there."""
        self._values[module].add(name if local is None else f"{name} as {local}")
        return identifier(local or name)

    def expression(self, module: str, expression: Expression | None) -> Code | None:
        """An expression of functions of a module of the client."""
        if expression is None:
            return None
        self._values[module].update(expression.imports)
        return expression.code

    def of_runtime(self, name: str, *, is_value: bool) -> Code:
        """A name of the runtime, or what it is called here."""
        local = f"{name}_" if name in self._taken else name
        names = self._values if is_value else self._types
        names[_RUNTIME].add(name if local == name else f"{name} as {local}")
        return identifier(local)

    def imports(self) -> Iterator[Import]:
        """What has been named so far, by module."""
        for module in sorted({*self._types, *self._values, *self._namespaces} - {self._own}):
            path = f"{self._up}{module}.js"
            if module in self._namespaces:
                yield Import(path, namespace=identifier(module))
            elif values := self._values.get(module):
                types = (f"type {name}" for name in self._types.get(module, ()))
                yield Import(path, (*values, *types), is_types_only=False)
            else:
                yield Import(path, tuple(self._types[module]))


class RuntimeNames:
    """The names of the runtime, as attributes."""

    def __init__(self, names: Names, *, is_value: bool) -> None:
        self._names = names
        self._is_value = is_value

    def __getattr__(self, name: str) -> Code:
        code = self._names.of_runtime(name, is_value=self._is_value)
        self.__dict__[name] = code
        return code
