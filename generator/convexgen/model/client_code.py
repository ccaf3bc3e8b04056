"""Code of the clients that comes with the spec."""

from __future__ import annotations

from dataclasses import dataclass

MAIN = "__init__"
"""The module that is the package of Python itself."""

INDEX = "index"
"""The module of TypeScript that others import."""


@dataclass(frozen=True, slots=True)
class ClientModule:
    """A module of Python or TypeScript, which is copied into the client."""

    name: str
    """Without the ending."""
    file: str
    """The one beside the spec, by its path in the project; `pack:` and its path for a pack's."""
    text: str


@dataclass(frozen=True, slots=True)
class StorageBase:
    """The class that `ConvexStorage` has as a base; `AsyncConvexStorage` has the async one."""

    module: str
    """Of the client code, `__init__` for the package itself."""
    name: str

    @property
    def async_name(self) -> str:
        """The base of the storage from asyncio."""
        return f"Async{self.name}"


@dataclass(frozen=True, slots=True)
class ClientCode:
    """Modules that are a package in the Python package, or a folder of the TypeScript client."""

    name: str
    modules: tuple[ClientModule, ...]
    storage: StorageBase | None
    typescript: tuple[ClientModule, ...] = ()
    has_typescript: bool = False
    """Whether the TypeScript client has that folder."""

    @property
    def copied(self) -> tuple[ClientModule, ...]:
        """The modules that the clients have."""
        return (*self.modules, *(self.typescript if self.has_typescript else ()))
