"""What `pyproject.toml` prints, with which the package can be installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from convexgen.model.targets import PythonTarget

REQUIREMENTS: Final = ("convex>=0.8,<0.9", "httpcore2[asyncio]>=2.16,<3", "pydantic>=2.14,<3")
"""What a generated package imports besides itself, as the tool's own pyproject.toml has it."""


@dataclass(frozen=True, slots=True)
class DistributionView:
    """A package that can be installed."""

    line: str
    name: str
    package: str
    requirements: tuple[str, ...]


def view_distribution(target: PythonTarget, line: str) -> DistributionView:
    """Named after the package, as the names of distributions are written.

    The `line` says where the file comes from.

    Source: packaging.python.org/en/latest/specifications/name-normalization.
    """
    name = "-".join(part for part in target.package.split("_") if part)
    return DistributionView(line, name, target.package, REQUIREMENTS)
