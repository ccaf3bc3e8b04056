"""Examples of pages that are parts of programs: what comes before and after is added."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from project import make_project, run


def run_fragment(fragment: str, spec: str, imports: str, folder: Path) -> None:
    """Run it with `storage` at hand, that of a project of the spec on the embedded backend."""
    (folder / "spec.yaml").write_text(spec)
    made = make_project(folder / "project", folder / "spec.yaml")
    made.generate()
    lines = [imports, "storage = ConvexStorage.from_env()", fragment, "storage.close()"]
    with EmbeddedBackend.start(made.root) as backend:
        environment = {
            **os.environ,
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
            "PYTHONPATH": str(made.root / "generated" / "python"),
        }
        finished = run([sys.executable, "-c", "\n".join(lines)], made.root, environment)
    assert finished.returncode == 0, finished.stderr
