"""What a module in Python imports: naming something of another module imports it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from convexgen.facts.code import Code, UnescapedText, identifier

_NUMBERED = re.compile(r"(\D*)(\d*)")
_MODULE = re.compile(r"\.*(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?", re.ASCII)

_STANDARD: Final[Mapping[str, str]] = {
    "Annotated": "typing",
    "Any": "typing",
    "Literal": "typing",
    "Mapping": "collections.abc",
    "NewType": "typing",
    "Sequence": "collections.abc",
    "StrEnum": "enum",
    "TYPE_CHECKING": "typing",
    "TypeAlias": "typing",
    "TypedDict": "typing",
    "Unpack": "typing",
    "cached_property": "functools",
    "compile": "re",
    "dataclass": "dataclasses",
    "import_module": "importlib",
    "overload": "typing",
}
"""What is used of the standard library."""

_LIBRARIES: Final[Mapping[str, str]] = {
    "Field": "pydantic",
    "TypeAliasType": "typing_extensions",
}
"""What is used of other packages."""

IMPORTED: Final = frozenset((*_STANDARD, *_LIBRARIES))
"""What modules import of other packages than their own."""

_ALIASES: Final[Mapping[str, str]] = {
    # Stores are called as tables are, and would hide it from the properties after them.
    "cached_property": "_cached_property",
    # What a package imports is an attribute of it, as its modules are.
    "import_module": "_import_module",
    "compile": "regular_expression",
}

_THIRD_PARTY: Final = frozenset({"pydantic", "typing_extensions"})


@dataclass(frozen=True, slots=True)
class ImportedName:
    """A name with the one that it gets, if that is another."""

    name: Code
    alias: Code | None


@dataclass(frozen=True, slots=True)
class Import:
    """The names that come from a module by one statement."""

    module: Code
    names: tuple[ImportedName, ...]


class Imports:
    """The names that a module imports.

    Those that are taken, by classes of the spec, have an underscore at the end, which no class of
    the package has: `Page_`.
    """

    def __init__(self, taken: frozenset[str] = frozenset(), own: str = "") -> None:
        self.taken = taken
        self._own = own
        """The module itself, from which it imports nothing."""
        self._found: dict[str, dict[str, str]] = {}

    def name(self, module: str, name: str, alias: str | None = None) -> Code:
        """Import a name; what it is called here."""
        is_class_of_the_spec = module.startswith(".") and module != "._runtime"
        called = alias or (name if is_class_of_the_spec else local_name(name, self.taken))
        if module != self._own:
            self._found.setdefault(module, {})[called] = name
        return identifier(called)

    def groups(self) -> tuple[tuple[Import, ...], ...]:
        """The statements in isort's order: the standard library, others, then relative ones."""
        found: list[list[Import]] = [[], [], []]
        for module in sorted(self._found):
            rank = 2 if module.startswith(".") else int(module in _THIRD_PARTY)
            found[rank].extend(statements(module, self._found[module]))
        return tuple(tuple(group) for group in found if group)


class Names:
    """Names of other modules: naming one imports it, and gives what it is called here."""

    def __init__(self, imports: Imports, modules: Mapping[str, str] | str) -> None:
        self._imports = imports
        self._modules = modules

    def __getattr__(self, name: str) -> Code:
        modules = self._modules
        module = modules if isinstance(modules, str) else modules.get(name)
        if module is None or name.startswith("_"):
            raise AttributeError(name)
        called = self._imports.name(module, name, _ALIASES.get(name))
        self.__dict__[name] = called
        return called


@dataclass(frozen=True, slots=True)
class Module:
    """What every module may name."""

    imports: Imports
    rt: Names
    """The runtime."""
    std: Names
    """The standard library."""
    lib: Names
    """Other packages."""


def module_of(taken: frozenset[str] = frozenset(), own: str = "") -> Module:
    """A module that has imported nothing yet."""
    imports = Imports(taken, own)
    return Module(
        imports,
        Names(imports, "._runtime"),
        Names(imports, _STANDARD),
        Names(imports, _LIBRARIES),
    )


def local_name(name: str, taken: frozenset[str]) -> str:
    """What an imported name is called beside the classes of the package."""
    return f"{name}_" if name in taken else name


def statements(module: str, names: Mapping[str, str]) -> list[Import]:
    """The imports from a module, of names by what they are called, in isort's order.

    Each alias has a statement of its own.
    """
    together = [name for called, name in names.items() if called == name]
    found = [(name, [called]) for called, name in names.items() if called != name]
    if together:
        together = sort_names(together)
        found.append((together[0], together))
    return [
        Import(
            _dotted(module),
            tuple(
                ImportedName(
                    identifier(names[called]),
                    None if names[called] == called else identifier(called),
                )
                for called in several
            ),
        )
        for _, several in sorted(found, key=lambda one: _sort_key(one[0]))
    ]


def sort_names(names: Iterable[str]) -> list[str]:
    """Constants, then classes, then the rest, as isort sorts them."""
    return sorted(names, key=_sort_key)


def _sort_key(name: str) -> tuple[int, list[tuple[str, int]]]:
    """The kind, and the parts of the name, each with the number that follows it."""
    parts = [(text, int(digits or 0)) for text, digits in _NUMBERED.findall(name)]
    if name.isupper() and len(name) > 1:
        return 0, parts
    return (1 if name[:1].isupper() else 2), parts


def _dotted(module: str) -> Code:
    if _MODULE.fullmatch(module) is None:
        raise UnescapedText(module)
    return Code(module)
