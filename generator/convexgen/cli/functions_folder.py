"""Whether Convex looks for the functions of a spec where the spec has them written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from convexgen.cli.project import CannotRun
from convexgen.files.convex_json import CONVEX_JSON, ConvexJsonError, functions_folder


def configured_folder(root: Path) -> str | None:
    """The folder that `convex.json` names. Raises CannotRun for one that cannot be used."""
    try:
        return functions_folder(root)
    except ConvexJsonError as error:
        raise CannotRun(str(error)) from error


def check_functions_folder(root: Path, files: Iterable[str]) -> None:
    """Raises CannotRun where files of a spec are for another folder than `convex.json` names."""
    configured = configured_folder(root)
    if configured is None:
        return

    from convexgen.files.function_specs import functions_directory

    names = list(files)
    given = functions_directory(names)
    if given is None or given == configured:
        return
    # A folder below the root has nothing of its own in `_generated/`.
    is_root = any(name.startswith(f"{given}/_generated/") for name in names)
    if not is_root and given.startswith(f"{configured}/"):
        return
    raise CannotRun(
        f"{CONVEX_JSON} says that functions are in {configured}/, but the spec has them written "
        f"for {given}/, where Convex does not look. Set `convex: {{directory: {configured}}}` in "
        f"the spec, or `functions` in {CONVEX_JSON} to {given}."
    )
