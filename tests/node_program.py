"""Programs in TypeScript, run by Node with the client that they import."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from project import ROOT, node_tool, run


def bundle(program: Path, folder: Path) -> Path:
    """The program in one module of JavaScript, in a folder from which Node finds packages."""
    packages = folder / "node_modules"
    if not packages.exists():
        packages.symlink_to(ROOT / "node_modules")
    made = folder / f"{program.stem}.mjs"
    finished = run(
        [
            *(node_tool("esbuild"), program, "--bundle", "--platform=node", "--format=esm"),
            *("--target=es2022", "--packages=external", f"--outfile={made}"),
        ],
        folder,
    )
    assert finished.returncode == 0, finished.stderr
    return made


def run_node(arguments: Sequence[str | Path], backend: EmbeddedBackend) -> str:
    """What Node prints; it is told of the backend by the environment."""
    environment = {
        **os.environ,
        "CONVEX_URL": backend.url,
        "CONVEX_DEPLOY_KEY": backend.admin_key,
    }
    finished = run(["node", *arguments], ROOT, environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout
