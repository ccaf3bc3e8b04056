"""The project and its peers: where they are, and copies that a measurement may change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from convexgen.embedded import find_node
from measure import PROCESS_TIMEOUT, run_process

ROOT = Path(__file__).resolve().parent.parent
SPEC = Path("schema/mastra.yaml")
PACKAGES = ROOT / "generated" / "python"

PYTHON = Path(sys.executable)
_SCRIPTS = Path(sysconfig.get_path("scripts"))
CONVEXGEN = _SCRIPTS / "convexgen"
PEER = _SCRIPTS / "convex-to-pydantic"

PEER_PACKAGE = "peer"
"""What the peer writes, with the modules `_types` and `_client`."""
PEER_GENERATE = (PEER, "generate", "--convex-dir", "convex", "--output-dir", PEER_PACKAGE)


def environment(*packages: Path) -> Mapping[str, str]:
    """The variables of a process that finds the installed tools, and packages in folders.

    It keeps what it compiles, as any package is compiled that is installed from a wheel.
    """
    given = {name: os.environ[name] for name in os.environ if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **given,
        "PATH": os.pathsep.join([str(_SCRIPTS), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in packages),
    }


def copy_spec(folder: Path) -> Path:
    """A project of the spec alone, in a new folder."""
    (folder / SPEC).parent.mkdir(parents=True)
    shutil.copy(ROOT / SPEC, folder / SPEC)
    shutil.copytree(ROOT / SPEC.with_suffix(""), folder / SPEC.with_suffix(""))
    return folder


def generate(spec: Path, folder: Path) -> ModuleType:
    """The package of a spec, generated with its functions into an empty folder."""
    (folder / "schema").mkdir()
    shutil.copy(spec, folder / "schema")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    run_process((CONVEXGEN, "generate"), cwd=folder, environment=environment())
    sys.path.insert(0, str(folder / "generated" / "python"))
    return import_module(f"{spec.stem}_convex")


def run_node_script(name: str, *arguments: str, url: str = "") -> Any:
    """What a script of this folder prints. Raises CalledProcessError."""
    finished = subprocess.run(
        [find_node(), Path(__file__).parent / name, *arguments],
        cwd=ROOT,
        env={**os.environ, "CONVEX_URL": url},
        capture_output=True,
        text=True,
        timeout=PROCESS_TIMEOUT,
        check=True,
    )
    return json.loads(finished.stdout)


def copy_functions(folder: Path, *, public: bool) -> Path:
    """A project of the Convex functions, in a new folder, for the peer to read.

    All of them are internal, and the peer leaves internal ones out. It sees them where `public`
    makes them public.
    """
    shutil.copytree(ROOT / "convex", folder / "convex")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    if public:
        builders = folder / "convex" / "_generated" / "server.js"
        text = builders.read_text(encoding="utf-8")
        for kind in ("Query", "Mutation"):
            text = text.replace(f"= internal{kind}Generic", f"= {kind.lower()}Generic")
        builders.write_text(text, encoding="utf-8")
    return folder


def write_peer_package(folder: Path) -> Path:
    """The folder with the peer's package, of a project in a new folder.

    It is of the functions of tables alone: Python cannot import what the peer writes of the others,
    which have literals with dots, and `false`.
    """
    project = copy_functions(folder, public=True)
    (project / "convex" / "system.ts").unlink()
    shutil.rmtree(project / "convex" / "mastra")
    run_process(PEER_GENERATE, cwd=project, environment=environment())
    return project
