"""The facts of `pyproject.toml`, with which the package can be installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from convexgen.facts.code import Code, identifier
from convexgen.model.targets import PythonTarget

REQUIREMENTS: Final = (
    "httptools>=0.9,<1",
    "pydantic>=2.14,<3",
    "truststore>=0.10.4,<1 ; sys_platform == 'darwin' or sys_platform == 'win32'",
    "websockets>=17.4,<18",
)
"""What a generated package imports besides itself, as the tool's own pyproject.toml has it."""

_ARROW = "pyarrow>=26"
EXTRAS: Final = (
    ("arrow", (_ARROW,)),
    ("opentelemetry", ("opentelemetry-api>=1.45",)),
    ("pandas", ("pandas>=3.1", _ARROW)),
    ("polars", ("polars>=2.1", _ARROW)),
    ("rich", ("rich>=14",)),
)
"""What makes tables of what queries find, spans of calls and bars, by the name that it is asked
for with."""


@dataclass(frozen=True, slots=True)
class DistributionFacts:
    """A package that can be installed."""

    line: Code
    """Where the file comes from."""
    name: Code
    package: Code
    requirements: tuple[Code, ...]
    extras: tuple[tuple[Code, tuple[Code, ...]], ...]


def distribution_facts(target: PythonTarget, line: Code) -> DistributionFacts:
    """Named after the package, as the names of distributions are written.

    Source: packaging.python.org/en/latest/specifications/name-normalization.
    """
    package = identifier(target.package)
    return DistributionFacts(
        line,
        Code("-".join(part for part in package.split("_") if part)),
        package,
        tuple(map(Code, REQUIREMENTS)),
        tuple((Code(name), tuple(map(Code, packages))) for name, packages in EXTRAS),
    )
