"""An entity with hundreds of variants: the checkers of what is generated know limits of nesting."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from project import make_project, node_tool, run
from small_specs import put

MANY = 270
SPEC = """\
convexgen: 1
name: many
objects:
{objects}
entities:
  Event:
    table: events
    key: eventId
    fields: {{eventId: string}}
    union: [{names}]
    tag: kind
"""


def test_fault_11_hundreds_of_variants(tmp_path: Path) -> None:
    names = [f"Kind{number}" for number in range(MANY)]
    objects = "\n".join(f"  {name}: {{kind: {{literal: {name}}}}}" for name in names)
    text = SPEC.format(objects=objects, names=", ".join(names))
    spec = put(tmp_path, "spec.yaml", text)
    project = make_project(tmp_path / "project", spec)
    project.generate()
    package = project.root / "generated" / "python"
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "include": ["."]}
    settings["exclude"] = ["*/_runtime"]  # which `test_static` judges
    put(package, "pyrightconfig.json", json.dumps(settings))
    put(
        package,
        "program.py",
        "from many_convex import Event, EventKind0, EventKind269\n\n\n"
        "def kind(event: Event) -> str:\n    return event.kind\n\n\n"
        "print(EventKind0.__name__, EventKind269.__name__)\n",
    )
    commands: tuple[list[str | Path], ...] = (
        [sys.executable, "program.py"],
        [node_tool("pyright"), "--pythonpath", sys.executable],
        [sys.executable, "-m", "mypy", "--strict", "many_convex", "program.py"],
    )
    for command in commands:
        finished = run(command, package)
        assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
