"""Code of the clients that comes with the spec: Python that is copied as it is."""

from __future__ import annotations

import keyword
import posixpath
import re
from collections.abc import Mapping

from convexgen.diagnostics.display import quoted
from convexgen.model.client_code import MAIN, ClientCode, ClientModule, StorageBase
from convexgen.resolving.copied_files import NoCode, file_beside, read_code
from convexgen.resolving.report import Report
from convexgen.source.assemble import Read
from convexgen.source.nodes import Path
from convexgen.spec.surface.client_code import ClientCodeSpec
from convexgen.spec.surface.spec import Spec

_STORAGE = re.compile(r"(?:(?P<module>[^.]+)\.)?(?P<name>[A-Z][A-Za-z0-9_]*)")


def resolve_client_code(spec: Spec, read: Read, report: Report) -> tuple[ClientCode, ...]:
    """The code of the clients, in the order of the spec; `read` gives the bytes of its files."""
    return tuple(_resolve(name, code, read, report) for name, code in spec.client_code.items())


def _resolve(name: str, spec: ClientCodeSpec, read: Read, report: Report) -> ClientCode:
    path: Path = ("clientCode", name)
    found: dict[str, ClientModule] = {}
    is_whole = True
    for position, file in enumerate(spec.python):
        place: Path = (*path, "python", position)
        try:
            module = _module(file, report.file_of(place), read)
            # Some file systems know no capitals.
            there = found.setdefault(module.name.casefold(), module)
            if there is not module:
                raise NoCode(
                    f"{there.file} is the module {there.name} already", "rename one of the two"
                )
        except NoCode as error:
            report.error("client-code", error.message, place, advice=error.advice)
            is_whole = False
    if is_whole and MAIN not in found:
        report.error(
            "client-code",
            f"the package {quoted(name)} has no __init__.py",
            (*path, "python"),
            advice="add one to the files; it may be empty",
        )
    modules = {module.name: module for module in found.values()}
    storage: StorageBase | None = None
    if spec.storage is not None and is_whole:
        try:
            storage = _storage(spec.storage, modules)
        except NoCode as error:
            report.error("client-code", error.message, (*path, "storage"), advice=error.advice)
    return ClientCode(name, tuple(modules.values()), storage)


def _module(path: str, named_in: str, read: Read) -> ClientModule:
    file = file_beside(path, named_in)
    name, ending = posixpath.splitext(posixpath.basename(path))
    if ending != ".py":
        raise NoCode(f"{quoted(path)} is no file of Python", "name one that ends with .py")
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        raise NoCode(f"{quoted(name)} is no name of a Python module", "small letters, digits and _")
    return ClientModule(name, file, read_code(file, read))


def _storage(given: str, modules: Mapping[str, ClientModule]) -> StorageBase:
    match = _STORAGE.fullmatch(given)
    if match is None:
        raise NoCode(
            f"{quoted(given)} is no class of the code",
            "the module and the class, such as legacy.Legacy",
        )
    base = StorageBase(match["module"] or MAIN, match["name"])
    module = modules.get(base.module)
    if module is None:
        raise NoCode(
            f"there is no module {quoted(base.module)}", f"one of {', '.join(sorted(modules))}"
        )
    for name in (base.name, base.async_name):
        # What a module has, it names.
        if re.search(rf"\b{name}\b", module.text) is None:
            raise NoCode(
                f"{module.file} has no class {name}",
                f"write class {name}({'Async' if name != base.name else ''}Storage): … there",
            )
    return base
