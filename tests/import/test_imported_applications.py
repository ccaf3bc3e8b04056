"""Ten applications, each imported: what their own functions write, the emitted clients read."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, run, tsc

APPLICATIONS = Path(__file__).parent / "applications"
NAMES = sorted(path.name for path in APPLICATIONS.iterdir())
OWN_SCHEMA = {"board", "crm", "events", "reminders", "scores"}
"""Those whose schema stays as somebody wrote it. The others get it from the spec."""
API = """\
import type { AnyApi } from "convex/server";

export declare const api: AnyApi;
export declare const internal: AnyApi;
export declare const components: any;
"""


@pytest.fixture(scope="module")
def applications(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of them, imported and generated."""
    root = tmp_path_factory.mktemp("applications")
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    for name in NAMES:
        adopt(Project(root / name))
    return root


def adopt(project: Project) -> None:
    """Import an application, as docs/adopting.md says."""
    name = project.root.name
    shutil.copytree(APPLICATIONS / name, project.root)
    (project.root / "package.json").write_text(
        '{"type": "module", "dependencies": {"convex": "*"}}'
    )
    done = project.convexgen("import")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The spec gives the same schema." in done.stdout
    if name not in OWN_SCHEMA:
        spec = project.root / "schema" / f"{name}.yaml"
        text = spec.read_text()
        assert ", schema: theirs" in text
        spec.write_text(text.replace(", schema: theirs", ""))
        (project.root / "convex" / "schema.ts").write_text(
            f'export {{ default }} from "./{name}/schema";\n'
        )
    project.generate()
    checked = project.convexgen("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_functions_compile(applications: Path) -> None:
    """What is generated, beside what somebody wrote."""
    configuration = json.loads((ROOT / "convex" / "tsconfig.json").read_text())
    configuration["compilerOptions"]["paths"] = {"@shop/*": ["./shop/packages/*"]}
    configuration["include"] = [f"{name}/convex/**/*" for name in NAMES]
    configuration["exclude"] = [f"{name}/convex/_generated" for name in NAMES]
    for name in NAMES:
        generated = applications / name / "convex" / "_generated"
        shutil.copytree(ROOT / "convex" / "_generated", generated, dirs_exist_ok=True)
        (generated / "api.d.ts").write_text(API)
    (applications / "tsconfig.json").write_text(json.dumps(configuration))
    done = run([*tsc(), "--project", "."], applications)
    assert done.returncode == 0, done.stdout


def test_the_typescript_clients_compile(applications: Path) -> None:
    configuration = json.loads((ROOT / "tests/clients/typescript/tsconfig.json").read_text())
    del configuration["compilerOptions"]["paths"], configuration["exclude"]
    configuration["include"] = [f"{name}/program.ts" for name in NAMES]
    configuration["include"] += [f"{name}/generated/typescript/**/*.ts" for name in NAMES]
    (applications / "clients.json").write_text(json.dumps(configuration))
    done = run([*tsc(), "--project", "clients.json"], applications)
    assert done.returncode == 0, done.stdout


def test_the_python_clients_have_types(applications: Path) -> None:
    folders = [applications / name / "generated" / "python" for name in NAMES]
    checked = [next(folder.iterdir()) for folder in folders]
    for name in NAMES:
        # Two programs of one name are one module to mypy.
        checked.append(applications / f"{name}.py")
        shutil.copy(applications / name / "program.py", checked[-1])
    environment = {**os.environ, "MYPYPATH": os.pathsep.join(map(str, folders))}
    done = run([sys.executable, "-m", "mypy", "--strict", *checked], applications, environment)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_what_the_application_writes_is_read(name: str, applications: Path) -> None:
    root = applications / name
    with EmbeddedBackend.start(root) as backend:
        environment = {
            **os.environ,
            "CONVEX_URL": backend.url,
            "CONVEX_DEPLOY_KEY": backend.admin_key,
            "PYTHONPATH": str(root / "generated" / "python"),
        }
        done = run([sys.executable, "program.py"], root, environment)
        assert done.stdout == "done\n", done.stdout + done.stderr
        program = bundle(str(root / "program.ts"), root)
        assert run_node([program], backend) == "done\n"
