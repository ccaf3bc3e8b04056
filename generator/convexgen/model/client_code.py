"""Code of the clients that comes with the spec."""

from __future__ import annotations

from dataclasses import dataclass

MAIN = "__init__"
"""The module that is the package itself."""


@dataclass(frozen=True, slots=True)
class ClientModule:
    """A module of Python, which is copied into the package."""

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
    """Modules that are a package in the Python package."""

    name: str
    modules: tuple[ClientModule, ...]
    storage: StorageBase | None
