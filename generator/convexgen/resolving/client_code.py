"""Code of the clients that comes with the spec, which is copied as it is."""

from __future__ import annotations

import keyword
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from convexgen.diagnostics.display import quoted
from convexgen.model.client_code import INDEX, MAIN, ClientCode, ClientModule, StorageBase
from convexgen.resolving.copied_files import NoCode, file_beside, read_code
from convexgen.resolving.report import Report
from convexgen.source.assemble import Read
from convexgen.source.nodes import Path
from convexgen.source.source import Part
from convexgen.spec.suggest import meant_or_listed
from convexgen.spec.surface.client_code import ClientCodeSpec
from convexgen.spec.surface.spec import Spec

_STORAGE = re.compile(r"(?:(?P<module>[^.]+)\.)?(?P<name>[A-Z][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class _Language:
    key: str
    noun: str
    ending: str
    main: str
    """The module that others import."""


_PYTHON = _Language("python", "Python", ".py", MAIN)
_TYPESCRIPT = _Language("typescript", "TypeScript", ".ts", INDEX)


def resolve_client_code(spec: Spec, read: Read, report: Report) -> tuple[ClientCode, ...]:
    """The code of the clients, in the order of the spec; `read` gives the bytes of its files."""
    _check_asked(spec, report)
    return tuple(
        _resolve(name, code, read, report, has_typescript=_has_typescript(name, spec, report))
        for name, code in spec.client_code.items()
    )


def _has_typescript(name: str, spec: Spec, report: Report) -> bool:
    """Whether the TypeScript client has that code.

    What code of an included file imports, its users have to install: they say that they do.
    """
    default = not report.is_included(("clientCode", name))
    return spec.typescript.enabled and spec.typescript.client_code.get(name, default)


def _check_asked(spec: Spec, report: Report) -> None:
    """Reports names that `typescript` has beside its keys and are of no code in TypeScript."""
    known = [name for name, code in spec.client_code.items() if code.typescript]
    for name in spec.typescript.client_code:
        if name not in known and not report.has_unresolved(("clientCode", name)):
            report.error(
                "client-code",
                f"{spec.typescript.noun} has no key {quoted(name)}, nor has clientCode TypeScript "
                "of that name",
                ("typescript", name),
                part=Part.KEY,
                advice=meant_or_listed(name, [*type(spec.typescript).model_fields, *known]),
            )


def _resolve(
    name: str, spec: ClientCodeSpec, read: Read, report: Report, *, has_typescript: bool
) -> ClientCode:
    path: Path = ("clientCode", name)
    modules = _modules(_PYTHON, spec.python, path, read, report)
    storage: StorageBase | None = None
    if spec.storage is not None and modules is not None:
        try:
            storage = _storage(spec.storage, modules)
        except NoCode as error:
            report.error("client-code", error.message, (*path, "storage"), advice=error.advice)
    typescript: Mapping[str, ClientModule] | None = None
    if spec.typescript is not None:
        typescript = _modules(_TYPESCRIPT, spec.typescript, path, read, report)
    return ClientCode(
        name,
        tuple((modules or {}).values()),
        storage,
        tuple((typescript or {}).values()),
        has_typescript=has_typescript,
    )


def _modules(
    language: _Language, files: Iterable[str], path: Path, read: Read, report: Report
) -> Mapping[str, ClientModule] | None:
    """The modules by their names; None where one of them is none, which is reported."""
    found: dict[str, ClientModule] = {}
    is_whole = True
    for position, file in enumerate(files):
        place: Path = (*path, language.key, position)
        try:
            module = _module(language, file, report.file_of(place), read)
            # Some file systems know no capitals.
            there = found.setdefault(module.name.casefold(), module)
            if there is not module:
                raise NoCode(
                    f"{there.file} is the module {there.name} already", "rename one of the two"
                )
        except NoCode as error:
            report.error("client-code", error.message, place, advice=error.advice)
            is_whole = False
    if is_whole and language.main not in found:
        report.error(
            "client-code",
            f"the package {quoted(str(path[-1]))} has no {language.main}{language.ending}",
            (*path, language.key),
            advice="add one to the files; it may be empty",
        )
    return {module.name: module for module in found.values()} if is_whole else None


def _module(language: _Language, path: str, named_in: str, read: Read) -> ClientModule:
    file = file_beside(path, named_in)
    name, ending = posixpath.splitext(posixpath.basename(path))
    if ending != language.ending or name.endswith(".d"):
        raise NoCode(
            f"{quoted(path)} is no file of {language.noun}",
            f"name one that ends with {language.ending}",
        )
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        raise NoCode(
            f"{quoted(name)} is no name of a {language.noun} module", "small letters, digits and _"
        )
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
