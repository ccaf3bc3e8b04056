"""`docs/queries.md`, done as it says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from node_program import bundle_text, run_node
from page_examples import named_blocks
from project import Project, make_project, run

FILES = named_blocks("docs/queries.md")


def test_the_page(tmp_path: Path) -> None:
    project = project_of("traces", tmp_path)
    typed(project, "app.py")
    with EmbeddedBackend.start(project.root) as backend:
        used(project, "app.py", backend)
        client = project.root / "generated" / "typescript" / "index.js"
        text = FILES["app.ts"].replace("./generated/typescript/index.js", client.as_posix())
        assert run_node([bundle_text(text, project.root)], backend) == "5 t48\n"


def test_its_windows(tmp_path: Path) -> None:
    project = project_of("chat", tmp_path)
    typed(project, "chat.py")
    with EmbeddedBackend.start(project.root) as backend:
        used(project, "chat.py", backend)


def test_its_documents_with_others(tmp_path: Path) -> None:
    project = project_of("board", tmp_path)
    typed(project, "board.py")
    with EmbeddedBackend.start(project.root) as backend:
        used(project, "board.py", backend)
        client = project.root / "generated" / "typescript" / "index.js"
        text = FILES["board.ts"].replace("./generated/typescript/index.js", client.as_posix())
        printed = run_node([bundle_text(text, project.root)], backend)
        assert printed == "Plans Ada 3\nm0 Bob\nm1 Ada\n"


def project_of(name: str, folder: Path) -> Project:
    spec = folder / f"{name}.yaml"
    spec.write_text(FILES[f"schema/{name}.yaml"])
    project = make_project(folder / "project", spec)
    project.generate()
    return project


def typed(project: Project, program: str) -> None:
    (project.root / program).write_text(FILES[program])
    environment = {**os.environ, "MYPYPATH": str(project.root / "generated" / "python")}
    checked = run([sys.executable, "-m", "mypy", "--strict", program], project.root, environment)
    assert checked.returncode == 0, checked.stdout


def used(project: Project, program: str, backend: EmbeddedBackend) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(project.root / "generated" / "python"),
        "CONVEX_URL": backend.url,
        "CONVEX_DEPLOY_KEY": backend.admin_key,
    }
    finished = run([sys.executable, program], project.root, environment)
    assert finished.returncode == 0, finished.stderr
