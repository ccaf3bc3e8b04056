"""Convex's own settings of a project, in so far as they say where its functions are."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import cast

from convexgen.files.reading import read_file

CONVEX_JSON = "convex.json"
DEFAULT_FUNCTIONS = "convex"


class ConvexJsonError(Exception):
    """The file cannot be used; the message names it and what is wrong."""


def functions_folder(root: Path) -> str | None:
    """The folder of the functions that `convex.json` names, from there; None where it names none.

    Source: `cli/lib/config.ts` of the npm package `convex`.

    Raises:
        ConvexJsonError: It cannot be read, or names no folder of the project.
    """
    path = root / CONVEX_JSON
    try:
        content: object = json.loads(read_file(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ConvexJsonError(f"{CONVEX_JSON} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise ConvexJsonError(f"{CONVEX_JSON} must hold an object.")
    settings = cast("dict[str, object]", content)
    if "functions" not in settings:
        return None
    functions = settings["functions"]
    folder = PurePosixPath(functions) if isinstance(functions, str) and functions else None
    if folder is None or folder.is_absolute() or ".." in folder.parts or not folder.parts:
        raise ConvexJsonError(
            f"{CONVEX_JSON}: `functions` must be a folder below it, not {json.dumps(functions)}."
        )
    return folder.as_posix()
