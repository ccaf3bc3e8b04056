"""`convex.json`: the folder of the functions, and the packages that are not bundled."""

import json
from pathlib import Path
from typing import Any

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import BackendFailed, EmbeddedBackend, read_function_spec
from small_project import PACKAGES, SmallProject
from waiting import wait_until

HELLO = """
import { query } from "./_generated/server";
export const hello = query({ args: {}, handler: async () => "%s" });
"""
EXTERNAL = """
"use node";
import { words } from "with-a-file";
import { part } from "with-a-file/part";
import { action } from "./_generated/server";
export const read = action({ args: {}, handler: async () => words() + part });
"""


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = SmallProject(tmp_path)
    made.write("../src/backend/a.ts", HELLO % "from src")
    made.write("a.ts", HELLO % "from convex")
    return made


def configure(project: SmallProject, content: Any) -> Path:
    file = project.root / "convex.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def hello(backend: EmbeddedBackend) -> Any:
    return ConvexHttpClient(backend.url).query("a:hello")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"functions": "src/backend/"}, "from src"),
        ({"functions": "./src/backend", "team": "t", "node": {"nodeVersion": "22"}}, "from src"),
        ({"$schema": "x", "codegen": {"staticApi": True}}, "from convex"),
        ({}, "from convex"),
    ],
)
def test_fault_26_the_folder_of_the_functions(
    project: SmallProject, content: Any, said: str
) -> None:
    configure(project, content)
    with EmbeddedBackend.start(project.root) as backend:
        assert hello(backend) == said
    assert "a.js:hello" in read_function_spec(project.root)


def test_fault_26_an_option_is_before_convex_json(project: SmallProject) -> None:
    configure(project, {"functions": "src/backend"})
    with EmbeddedBackend.start(project.root, functions="convex") as backend:
        assert hello(backend) == "from convex"


def test_fault_26_create_react_app(project: SmallProject) -> None:
    """Its functions are in `src/convex`."""
    (project.root / "package.json").write_text('{"dependencies": {"react-scripts": "5"}}')
    project.write("../src/convex/a.ts", HELLO % "from src/convex")
    with EmbeddedBackend.start(project.root) as backend:
        assert hello(backend) == "from src/convex"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "convex.json cannot be read as JSON"),
        ("[]", "convex.json must hold an object"),
        ({"functions": 1}, "convex.json: `functions` must be the path of a folder, not 1"),
        ({"node": []}, "convex.json: `node` must be an object, not []"),
        (
            {"node": {"externalPackages": "sharp"}},
            "convex.json: `node.externalPackages` must be a list of names of packages, not",
        ),
        ({"functions": "missing"}, "missing, which "),
    ],
)
def test_fault_26_what_is_wrong(project: SmallProject, content: Any, message: str) -> None:
    configure(project, content)
    with pytest.raises(BackendFailed) as caught:
        EmbeddedBackend.start(project.root)
    assert message in str(caught.value)
    with pytest.raises(BackendFailed) as caught:
        read_function_spec(project.root)
    assert message in str(caught.value)


def write_package(project: SmallProject) -> None:
    """One that reads a file beside its own, which no bundle has."""
    packages = project.root / "node_modules"
    packages.unlink()
    packages.mkdir()
    for entry in PACKAGES.iterdir():
        (packages / entry.name).symlink_to(entry)
    folder = packages / "with-a-file"
    folder.mkdir()
    (folder / "words.txt").write_text("read beside the package")
    (folder / "part.js").write_text('exports.part = ", and a part";')
    (folder / "package.json").write_text('{"name": "with-a-file", "version": "1.0.0"}')
    (folder / "index.js").write_text(
        'exports.words = () => require("fs").readFileSync(__dirname + "/words.txt", "utf8");'
    )
    project.write("external.ts", EXTERNAL)


@pytest.mark.parametrize("named", ["with-a-file", "*"])
def test_fault_26_external_packages(project: SmallProject, named: str) -> None:
    write_package(project)
    configure(project, {"node": {"externalPackages": [named]}})
    with EmbeddedBackend.start(project.root) as backend:
        said = ConvexHttpClient(backend.url).action("external:read")
    assert said == "read beside the package, and a part"


def test_fault_26_changes_while_it_is_watched(project: SmallProject) -> None:
    write_package(project)
    with EmbeddedBackend.start(project.root, watch=True) as backend:
        client = ConvexHttpClient(backend.url)
        with pytest.raises(Exception, match="no such file"):
            client.action("external:read")
        configure(project, {"node": {"externalPackages": ["with-a-file"]}})
        wait_until(lambda: any("Reloaded" in line for line in backend.log_lines()))
        assert client.action("external:read").startswith("read beside")
        configure(project, {"functions": "src/backend"})
        wait_until(lambda: any("Start again" in line for line in backend.log_lines()))
        assert hello(backend) == "from convex"


def with_version(project: SmallProject, name: str, version: str | None) -> None:
    """Another version of a package, or none."""
    packages = project.root / "node_modules"
    packages.unlink()
    packages.mkdir()
    for entry in PACKAGES.iterdir():
        if entry.name != name:
            (packages / entry.name).symlink_to(entry)
    if version is None:
        return
    (packages / name).mkdir()
    manifest = json.loads((PACKAGES / name / "package.json").read_text())
    manifest["version"] = version
    (packages / name / "package.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("convex", "1.17.4", r"needs convex 1\.\d+\.0 or later, but 1\.17\.4 is installed at"),
        ("convex", "1.9.0", r"Run: npm install convex@\^1\.\d+\.0"),
        ("convex", "0.19.1", r"needs convex 1\.\d+\.0 or later, but 0\.19\.1"),
        ("convex-test", "0.0.40", r"needs convex-test 0\.0\.\d+, but 0\.0\.40 is installed"),
    ],
)
def test_fault_26_versions_that_do_not_fit(
    project: SmallProject, name: str, version: str, message: str
) -> None:
    with_version(project, name, version)
    with pytest.raises(BackendFailed, match=message):
        EmbeddedBackend.start(project.root)


def test_fault_26_packages_that_are_missing(tmp_path: Path) -> None:
    """In a folder with no `node_modules` above it but its own."""
    project = SmallProject(tmp_path)
    project.write("a.ts", HELLO % "")
    with_version(project, "convex-test", None)
    command = r"npm install --save-dev convex-test@0\.0\.\d+$"
    with pytest.raises(BackendFailed, match=command):
        EmbeddedBackend.start(project.root)
