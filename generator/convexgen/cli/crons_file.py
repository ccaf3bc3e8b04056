"""Whether a project has cron jobs of its own where a spec has some written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from convexgen.cli.project import CannotRun

_ENDINGS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
"""Of what Convex takes for that module: `entryPoints` in src/bundler/index.ts of its package."""


def check_crons_file(root: Path, files: Iterable[str]) -> None:
    """Raises CannotRun where others than those of the spec are in the place of its cron jobs."""
    given = set(files)
    for path in given:
        folder, _, name = path.rpartition("/")
        # Convex gives `crons` a meaning beside its own folder alone.
        if name == "crons.ts" and f"{folder}/_generated/api.js" in given:
            _check(root, folder)


def _check(root: Path, folder: str) -> None:
    from convexgen.files.compare import is_headed
    from convexgen.files.outputs import NoPlainFile, Outputs

    outputs = Outputs(root)
    for ending in _ENDINGS:
        path = f"{folder}/crons{ending}"
        try:
            content = outputs.read(path)
        except NoPlainFile:
            content = b""
        if content is None or is_headed(content):
            continue
        raise CannotRun(
            f"{path} has cron jobs of your own, and Convex reads one such file. Have them delete "
            "what `retention` says, as by\n"
            '  crons.interval("retention", { hours: 1 }, internal.system.removeExpired);\n'
            "and write `convex: {crons: theirs}` in the spec."
        )
