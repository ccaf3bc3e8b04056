"""Reading the function spec of a project without serving it."""

import subprocess
from pathlib import Path

from convexgen.embedded.backend import BackendFailed, project_options
from convexgen.embedded.node import find_node

_SCRIPT = Path(__file__).parent / "server" / "printFunctionSpec.mjs"


def read_function_spec(
    project: Path, *, functions: str | None = None, timeout: float = 60.0
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
    command = [str(find_node()), str(_SCRIPT), *project_options(project, functions)]
    try:
        finished = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BackendFailed(f"The functions were not read within {timeout} s.") from error
    if finished.returncode != 0:
        raise BackendFailed(finished.stderr.strip())
    return finished.stdout
