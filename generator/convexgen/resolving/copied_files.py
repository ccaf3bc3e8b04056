"""Files of code that come with the spec, by their paths from the files that name them."""

from __future__ import annotations

import posixpath

from convexgen.diagnostics.display import quoted
from convexgen.packs import PACK
from convexgen.source.assemble import Read


class NoCode(Exception):
    """There is no such code; says why, and what to do."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class NoFile(NoCode):
    """There is no file of that name."""


def file_beside(path: str, named_in: str) -> str:
    """The name of a file, by its path from the one that names it. Raises `NoCode`."""
    prefix = PACK if named_in.startswith(PACK) else ""
    folder = posixpath.dirname(named_in.removeprefix(prefix))
    whole = posixpath.normpath(posixpath.join(folder, path))
    if posixpath.isabs(path) or whole.startswith("../") or "\\" in path:
        raise NoCode(
            f"{quoted(path)} is not in the project", "keep the file beside the one that names it"
        )
    return f"{prefix}{whole}"


def read_code(file: str, read: Read) -> str:
    """The text of a file, by its name. Raises `NoCode`, and `NoFile` where it cannot be read."""
    try:
        text = read(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoCode(f"{file} is not UTF-8", "save the file as UTF-8") from None
    except (OSError, ValueError) as error:
        # A ValueError is for names that no file can have.
        reason = error.strerror if isinstance(error, OSError) else None
        raise NoFile(
            f"{file} cannot be read: {reason or error}",
            "name a file by its path from the one that names it",
        ) from None
    return text.replace("\r\n", "\n")
