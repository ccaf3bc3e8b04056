"""Programs in TypeScript, run by Node with the client that they import."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from project import ROOT, node_tool, run
from waiting import PATIENCE

CLIENT = ROOT / "generated" / "typescript"


def bundle(name: str, folder: Path, client: Path = CLIENT) -> Path:
    """A program of tests/typescript in one module of JavaScript, whose packages Node finds.

    What it imports from "client" is from the client in that folder.
    """
    program = ROOT / "tests" / "clients" / "typescript" / name
    aliases = [
        f"--alias:client={client / 'index.ts'}",
        f"--alias:client/mastra={client / 'mastra' / 'index.ts'}",
    ]
    return _bundle([program, *aliases], folder, program.stem, "")


def bundle_text(text: str, folder: Path, *, is_for_browsers: bool = False) -> Path:
    """The text of a program, which imports as if it lay at the top, in one module.

    For browsers, packages are in it.
    """
    options = ["--loader=ts"]
    if is_for_browsers:
        options += ["--platform=browser", "--packages=bundle"]
    return _bundle(options, folder, "program", text)


def _bundle(arguments: Sequence[str | Path], folder: Path, name: str, text: str) -> Path:
    packages = folder / "node_modules"
    if not packages.exists():
        packages.symlink_to(ROOT / "node_modules")
    made = folder / f"{name}.mjs"
    finished = subprocess.run(
        [
            *(node_tool("esbuild"), "--bundle", "--platform=node", "--format=esm"),
            *("--target=es2022", "--packages=external", f"--outfile={made}", *arguments),
        ],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
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
