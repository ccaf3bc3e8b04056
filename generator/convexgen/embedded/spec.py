"""Reading the function spec of a project without serving it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convexgen.embedded.backend import project_options
from convexgen.embedded.failures import BackendFailed
from convexgen.embedded.node import find_node

_SCRIPT = Path(__file__).parent / "server" / "printFunctionSpec.mjs"


def read_function_spec(
    project: Path, *, functions: str | None = None, timeout: float = 600.0
) -> str:
    """The functions of a project, as JSON in the shape of `npx convex function-spec`.

    Args:
        project: The directory with the functions directory in it, for which the npm packages
            `convex` and `convex-test` are installed.
        functions: The functions directory, relative to `project`; by default the one that
            `convex.json` names there, or else `convex`.
        timeout: Seconds to wait for it.

    Raises:
        BackendFailed: Packages are missing, the functions do not compile, or it takes too long.
        NodeNotFound: There is no Node.js.
    """
    return _printed(project, functions, [], timeout)


@dataclass(frozen=True, slots=True)
class LoadableFunctions:
    """The functions of the modules that load, of a project that need not be complete."""

    functions: list[dict[str, Any]]
    """In the shape of `npx convex function-spec`."""
    left_out: dict[str, str]
    """Why modules do not load, by their files in the functions directory."""


def read_loadable_functions(
    project: Path, *, functions: str | None = None, timeout: float = 600.0
) -> LoadableFunctions:
    """The functions of a project, of which packages and files may be missing.

    Args:
        project: The directory for which the npm package `convex` is installed.
        functions: As for `read_function_spec`.
        timeout: Seconds to wait for it.

    Raises:
        BackendFailed: There are names of files that Convex refuses, or it takes too long.
        NodeNotFound: There is no Node.js.
    """
    printed = json.loads(_printed(project, functions, ["--incomplete"], timeout))
    left_out = {one["module"]: one["reason"] for one in printed["leftOut"]}
    return LoadableFunctions(printed["functions"], left_out)


def _printed(project: Path, functions: str | None, options: list[str], timeout: float) -> str:
    command = [str(find_node()), str(_SCRIPT), *project_options(project, functions), *options]
    try:
        finished = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BackendFailed(f"The functions were not read within {timeout} s.") from error
    if finished.returncode != 0:
        raise BackendFailed(finished.stderr.strip())
    return finished.stdout
