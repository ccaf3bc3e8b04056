"""Reading what a project's schema exports, without serving it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convexgen.embedded.backend import project_options
from convexgen.embedded.failures import BackendFailed
from convexgen.embedded.node import find_node

_SCRIPT = Path(__file__).parent / "server" / "printSchema.mjs"


@dataclass(frozen=True, slots=True)
class ReadSchema:
    """A schema, as Convex's own tools push it, and what it is made of."""

    exported: dict[str, Any]
    sources: dict[str, str]
    """The texts of its files, but those of packages, by their paths in the project."""


def read_schema(
    project: Path,
    *,
    functions: str | None = None,
    schema: Path | None = None,
    timeout: float = 600.0,
) -> ReadSchema:
    """What the schema of a project exports.

    Args:
        project: The directory for which the npm package `convex` is installed.
        functions: The functions directory, relative to `project`; by default the one that
            `convex.json` names there, or else `convex`.
        schema: A file to read in place of that directory's `schema.ts`, which finds packages as
            one of the project does.
        timeout: Seconds to wait for it.

    Raises:
        BackendFailed: The schema does not compile, throws, or needs a package that is missing.
        NodeNotFound: There is no Node.js.
    """
    named = [] if schema is None else ["--schema", str(schema)]
    command = [str(find_node()), str(_SCRIPT), *project_options(project, functions), *named]
    try:
        finished = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BackendFailed(f"The schema was not read within {timeout} s.") from error
    if finished.returncode != 0:
        raise BackendFailed(finished.stderr.strip())
    printed = json.loads(finished.stdout)
    return ReadSchema(printed["schema"], {one["path"]: one["text"] for one in printed["sources"]})
