"""Code of the clients that comes with the spec."""

from __future__ import annotations

from pydantic import Field

from convexgen.spec.surface.mapping import Surface
from convexgen.spec.surface.values import Names


class ClientCodeSpec(Surface):
    """Modules that are copied into the clients."""

    noun = "client code"

    python: Names = Field(
        description="The modules of Python, beside this file, that are copied into the Python "
        "package as a package of their own. One is __init__.py."
    )
    typescript: Names | None = Field(
        default=None,
        description="The modules of TypeScript, beside this file, that are copied into a folder of "
        "the TypeScript client: of an included file where `typescript` has the name of this code. "
        "One is index.ts.",
    )
    storage: str | None = Field(
        default=None,
        description="The class that ConvexStorage has as a base, such as legacy.Legacy of "
        "legacy.py; AsyncConvexStorage has AsyncLegacy.",
    )
