"""The front end: the text of a spec to its model, or to what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convexgen.diagnostics.codes import Severity
from convexgen.diagnostics.diagnostic import Diagnostic, has_errors, in_order
from convexgen.model.system import System
from convexgen.resolving.resolve import resolve
from convexgen.rules.check import check
from convexgen.source.assemble import Read, assemble, nothing_else
from convexgen.source.decode import decode
from convexgen.source.source import Source
from convexgen.spec.read import read_spec


@dataclass(frozen=True, slots=True)
class Loaded:
    """A spec, with everything wrong with it."""

    system: System | None
    """None if there is an error among the diagnostics."""
    diagnostics: tuple[Diagnostic, ...]
    """By position."""
    source: Source


def load_system(
    text: str, name: str, read: Read = nothing_else, beside: Sequence[str] = ()
) -> Loaded:
    """Load a spec. `name` is what messages call it. Neither prints nor raises.

    `read` gives the bytes of the files that it includes, by names of the same kind; those
    `beside` it are its parts as well.
    """
    source, problems = assemble(text, name, read, beside)
    reading = read_spec(source)
    diagnostics = [*problems, *reading.diagnostics]
    system: System | None = None
    if reading.spec is not None:
        resolution = resolve(reading.spec, source, reading.unresolved, read)
        diagnostics.extend(resolution.diagnostics)
        diagnostics.extend(
            check(resolution.system, source, resolution.unresolved, resolution.severities)
        )
        system = resolution.system
    if has_errors(diagnostics):
        # What may well be meant so is not worth a look as long as something is wrong.
        system = None
        diagnostics = [one for one in diagnostics if one.severity is not Severity.NOTE]
    return Loaded(system, in_order(diagnostics), source)


def load_bytes(
    data: bytes, name: str, read: Read = nothing_else, beside: Sequence[str] = ()
) -> Loaded:
    """Load a spec from the bytes of a file, which are UTF-8."""
    text, problem = decode(data, name)
    if problem is not None:
        return Loaded(None, (problem,), Source(name, {name: text}, None))
    return load_system(text, name, read, beside)
