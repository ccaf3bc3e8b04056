"""Environments with what a user installs in them and nothing of this checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from project import ROOT, run
from waiting import PATIENCE

LOCK = ROOT / "requirements-dev.lock"


VERSIONS = ("3.11", "3.12", "3.13", "3.14")
"""Of Python, which the tool and the clients are for."""


def interpreter(version: str) -> Path | None:
    """A Python of this version: the running one, else one of the PATH, of pyenv or of uv."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    return next((path for path in _candidates(version) if _works(path)), None)


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    found = shutil.which(name)
    if found is not None:
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local/share/uv/python")
    for folder, pattern in ((pyenv, f"{version}.*"), (uv, f"cpython-{version}.*")):
        yield from sorted(folder.glob(f"{pattern}/bin/{name}"), reverse=True)


def _works(python: Path) -> bool:
    # A shim of pyenv is there for each version that is installed, and works for those in use.
    return run([python, "-c", "import venv, ensurepip"], ROOT).returncode == 0


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout, made in a folder."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    built = run([*command, folder, ROOT], folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("convexgen-*.whl")
    return wheel


def make_environment(folder: Path, python: str | Path, requirements: Iterable[str | Path]) -> Path:
    """The Python of a new environment with these packages and what they require.

    It has no pip of its own: to install that takes longer than most packages.
    """
    made = run([python, "-m", "venv", "--without-pip", folder], ROOT)
    assert made.returncode == 0, made.stdout + made.stderr
    its_python = folder / "bin" / "python"
    install(its_python, requirements)
    return its_python


def versions() -> str:
    """Those of the lock, as constraints for pip, which install nothing by themselves.

    Without the hashes: pip takes nothing that has none where it sees one.
    """
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return "".join(line.rstrip("\\ ") + "\n" for line in lines if line[:1].isalnum())


def install(python: Path, requirements: Iterable[str | Path]) -> None:
    """Add packages, and what they require, in the versions of the lock.

    Python compiles what of them is imported, which is a small part.
    """
    constraints = python.parent.parent / "constraints.txt"
    constraints.write_text(versions())
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    command = ["install", "--quiet", "--no-compile", "--constraint"]
    added = run([*pip, *command, constraints, *requirements], ROOT)
    assert added.returncode == 0, added.stderr


def download(folder: Path, constraints: Path, requirements: Iterable[str]) -> None:
    """Put the wheels of packages, and of what they require, into a folder."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    brought = run([*pip, "--dest", folder, "--constraint", constraints, *requirements], ROOT)
    assert brought.returncode == 0, brought.stderr


def clean(**more: str) -> dict[str, str]:
    """The environment of this process, without what finds this checkout."""
    unwanted = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME", "CONVEX_URL", "CONVEX_DEPLOY_KEY"}
    # These tests' own coverage and workers.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in unwanted and not name.startswith("PYTEST_")
    }
    return {**kept, **more}


def install_node_packages(folder: Path, dependencies: Mapping[str, str]) -> None:
    """`npm ci` of these packages alone, with versions of the lock, into a folder.

    Where the folder has a package.json, they are those that it names already.
    """
    named = folder / "package.json"
    package = json.loads(named.read_text(encoding="utf-8")) if named.exists() else {}
    package.setdefault("devDependencies", {}).update(dependencies)
    named.write_text(json.dumps(package, indent=2) + "\n", encoding="utf-8")
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = _with_what_they_need(package["devDependencies"], locked)
    root = {"devDependencies": package["devDependencies"]}
    lock = {"lockfileVersion": 3, "requires": True, "packages": {"": root, **wanted}}
    (folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    finished = subprocess.run(
        ["npm", "ci", "--loglevel=error", "--prefer-offline"],
        cwd=folder,
        env=clean(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def _with_what_they_need(
    names: Iterable[str], locked: Mapping[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The entries of a lock for packages at its top, and for all that these depend on."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [f"node_modules/{name}" for name in names]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        entry = found[path] = locked[path]
        kinds = ("dependencies", "optionalDependencies", "peerDependencies")
        peers = entry.get("peerDependenciesMeta", {})
        optional = {name for name, meta in peers.items() if meta.get("optional")}
        for name in {name for kind in kinds for name in entry.get(kind, {})} - optional:
            place = _place(path, name, locked)
            if place is not None:
                waiting.append(place)
    return found


def _place(path: str, name: str, locked: Mapping[str, object]) -> str | None:
    """Where Node finds a package that the one at this path imports."""
    folder = path
    while True:
        place = f"{folder}/node_modules/{name}".lstrip("/")
        if place in locked:
            return place
        if not folder:
            return None
        folder = folder.rpartition("/node_modules/")[0] if "/node_modules/" in folder else ""
