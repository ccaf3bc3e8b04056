"""Environments with what a user installs in them and nothing of this checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from project import ROOT, run
from waiting import PATIENCE

LOCK = ROOT / "requirements-dev.lock"


def interpreters() -> list[str]:
    """The running Python, and those of later versions that the PATH has by their names."""
    running = f"python{sys.version_info.major}.{sys.version_info.minor}"
    names = [f"python3.{minor}" for minor in range(11, 15)]
    return [name for name in names if name == running or _works(name)]


def _works(name: str) -> bool:
    # A shim of pyenv is there for each version that is installed, and works for those in use.
    found = shutil.which(name)
    return found is not None and run([found, "-c", "import venv, ensurepip"], ROOT).returncode == 0


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout, made in a folder."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    built = run([*command, folder, ROOT], folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("convexgen-*.whl")
    return wheel


def make_environment(folder: Path, interpreter: str, requirements: Iterable[str | Path]) -> Path:
    """The Python of a new environment with these packages and what they require."""
    is_running = interpreter == f"python{sys.version_info.major}.{sys.version_info.minor}"
    made = run([sys.executable if is_running else interpreter, "-m", "venv", folder], ROOT)
    assert made.returncode == 0, made.stdout + made.stderr
    python = folder / "bin" / "python"
    install(python, requirements)
    return python


def versions() -> str:
    """Those of the lock, as constraints for pip, which install nothing by themselves.

    Without the hashes: pip takes nothing that has none where it sees one.
    """
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return "".join(line.rstrip("\\ ") + "\n" for line in lines if line[:1].isalnum())


def install(python: Path, requirements: Iterable[str | Path]) -> None:
    """Add packages, and what they require, in the versions of the lock."""
    constraints = python.parent.parent / "constraints.txt"
    constraints.write_text(versions())
    command = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint"]
    added = run([python, *command, constraints, *requirements], ROOT)
    assert added.returncode == 0, added.stderr


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
