"""Where templates are, and what they are compiled to."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_PACKAGE = Path(__file__).parent.parent


def templates_directory() -> Path:
    """Inside the wheel, the templates lie in the package; in a checkout, at the top."""
    packaged = _PACKAGE / "templates"
    return packaged if packaged.is_dir() else _PACKAGE.parent.parent / "templates"


class CompiledTemplates(BytecodeCache):
    """Keeps compiled templates where Python keeps compiled modules, where these may be written.

    Jinja compiles a template whose text has changed.
    """

    def __init__(self, module: Path) -> None:
        # What a template is compiled to depends on the options in the module, too.
        self._options = module.read_text(encoding="utf-8")

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The file for a template: `entity.ts.jinja` → `__pycache__/entity.ts.cpython-311.pyc`."""
        return cache_from_source(filename or name)

    def get_source_checksum(self, source: str) -> str:
        """What changes with all that a template is compiled from."""
        return super().get_source_checksum(self._options + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read a compiled template, if there is one."""
        with suppress(OSError), Path(bucket.key).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write a compiled template, all of it or nothing."""
        if sys.dont_write_bytecode:
            return
        path = Path(bucket.key)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(bucket.bytecode_to_string())
            unfinished.replace(path)
