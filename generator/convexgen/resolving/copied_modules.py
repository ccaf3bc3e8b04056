"""Modules of functions that come with the spec: TypeScript that is copied as it is."""

from __future__ import annotations

import posixpath
import re

from convexgen.diagnostics.display import quoted
from convexgen.model.functions import CopiedModule, Function
from convexgen.packs import PACK
from convexgen.resolving.copied_files import NoCode, NoFile, file_beside, read_code
from convexgen.resolving.report import Report
from convexgen.source.assemble import Read
from convexgen.source.nodes import Path
from convexgen.spec.surface.spec import Spec


def resolve_copied_modules(
    spec: Spec, functions: tuple[Function, ...], read: Read, report: Report
) -> tuple[CopiedModule, ...]:
    """The modules, each once; `read` gives the bytes of their files."""
    found: dict[str, CopiedModule] = {}
    first: dict[str, Path] = {}
    for function in functions:
        code = spec.functions[function.path].code
        if code is None:
            continue
        path: Path = ("functions", function.path, "code")
        related: tuple[tuple[str, Path], ...] = ()
        try:
            file = _file(code, report.file_of(path))
            there = found.get(function.module)
            if there is not None and there.file != file:
                related = (("the other one is", first[function.module]),)
                raise NoCode(
                    f"the module {quoted(function.module)} has another file already",
                    "name one file for all functions of a module",
                )
            found[function.module] = there or _module(function.module, file, read)
            _add_imported(found, found[function.module], read)
        except NoCode as error:
            report.error("function-code", error.message, path, advice=error.advice, related=related)
        else:
            first.setdefault(function.module, path)
    for function in functions:
        module = found.get(function.module)
        if module is not None and not _may_export(module.text, function):
            report.error(
                "function-code",
                f"{module.file} exports no {_exported(function)}",
                ("functions", function.path),
                advice=f"write export {_declared(function)} … there",
            )
    return tuple(found.values())


def _file(code: str, named_in: str) -> str:
    """The name of a file, by its path from the one that names it."""
    file = file_beside(code, named_in)
    if not code.endswith(".ts") or code.endswith(".d.ts"):
        raise NoCode(f"{quoted(code)} is no file of TypeScript", "name one that ends with .ts")
    return file


def _module(name: str, file: str, read: Read) -> CopiedModule:
    return CopiedModule(name, file, read_code(file, read))


# Of `import` and `export`, with the ending that TypeScript wants of modules in Node.
_IMPORTED = re.compile(r'\bfrom\s+["\'](\.\.?/[^"\']+?)(?:\.js|\.ts)?["\']')


def _add_imported(found: dict[str, CopiedModule], module: CopiedModule, read: Read) -> None:
    """Adds what a module imports of files beside its own, and what those do.

    Raises `NoCode`. Whatever is in no such file is of the project, as what is generated is.
    """
    for path in _IMPORTED.findall(module.text):
        name = posixpath.normpath(posixpath.join(posixpath.dirname(module.name), path))
        prefix = PACK if module.file.startswith(PACK) else ""
        folder = posixpath.dirname(module.file.removeprefix(prefix))
        file = posixpath.normpath(posixpath.join(folder, f"{path}.ts"))
        if name.startswith("../") or file.startswith("../"):
            continue
        there = found.get(name)
        if there is not None and there.file == f"{prefix}{file}":
            continue
        try:
            imported = _module(name, f"{prefix}{file}", read)
        except NoFile:
            continue
        if there is not None:
            raise NoCode(
                f"{module.file} imports {quoted(path)}, and the module {quoted(name)} has "
                "another file already",
                "name one of the two files otherwise",
            )
        found[name] = imported
        _add_imported(found, imported, read)


def _exported(function: Function) -> str:
    return function.path.partition(":")[2] or "default"


def _declared(function: Function) -> str:
    name = _exported(function)
    return name if name == "default" else f"const {name} ="


def _may_export(text: str, function: Function) -> bool:
    """Whether a module may export a function: what it exports, it names, or has from others."""
    name = re.escape(_exported(function))
    return re.search(rf"\b{name}\b|\bexport\s*\*", text) is not None
