"""Projects in a temporary folder, for tests that generate."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from convexgen.cli.group import cli
from waiting import PATIENCE

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Project:
    """A project with a spec, and the command line in it."""

    root: Path

    def convexgen(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user does."""
        return run([sys.executable, "-m", "convexgen", *arguments], self.root)

    def generate(self) -> None:
        """Write all files, without a process of its own: to start one takes longer than this."""
        done = CliRunner().invoke(cli, ["generate", "--project", str(self.root)])
        assert done.exit_code == 0, done.output

    def tree(self) -> dict[str, bytes]:
        """The bytes of each file, by its path."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not {"node_modules", "__pycache__"} & set(path.parts)
        }


def make_project(folder: Path, spec: Path) -> Project:
    """A project in an empty folder with a copy of a spec, and the Node packages of this one.

    The YAML and JSON files beside the spec come with it: it may name them.
    """
    (folder / "schema").mkdir(parents=True)
    for path in (*spec.parent.glob("*.yaml"), *spec.parent.glob("*.json")):
        if path.name == "convexgen.schema.json":
            continue  # which no spec reads
        (folder / "schema" / path.name).write_bytes(path.read_bytes())
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}\n')
    return Project(folder)


def run(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and keep what it prints."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def node_tool(name: str) -> Path:
    """A program of the Node packages."""
    return ROOT / "node_modules" / ".bin" / name
