"""JSON that JSON Schemas describe: models that write and read all that they are given."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project, run, tsc
from pydantic import ValidationError

SPEC = ROOT / "tests" / "cases" / "good-json-schema" / "spec.yaml"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("schemas") / "project", SPEC)
    project.generate()
    return project


@pytest.fixture(scope="module")
def backend(made: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(made.root) as started:
        yield started


@pytest.fixture(scope="module")
def storage(made: Project, backend: EmbeddedBackend) -> Iterator[Any]:
    sys.path.insert(0, str(made.root / "generated" / "python"))
    package = importlib.import_module("chat")
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        yield storage


@pytest.fixture
def package(storage: Any) -> Any:
    return importlib.import_module("chat")


@pytest.fixture
def schemas(storage: Any) -> Any:
    return importlib.import_module("chat.json_schemas")


def raw(storage: Any, kind: str, function: str, arguments: dict[str, Any]) -> Any:
    """A call past the models; what it answers, JSON in its native form."""
    runtime = importlib.import_module("chat._runtime")
    make = getattr(runtime.Call, kind)
    more = {} if kind == "query" else {"idempotent": True}
    call = make(f"messages:{function}", arguments, runtime.Decoder(Any), function, **more)
    return storage.client.run(call)


def message(schemas: Any, **fields: Any) -> Any:
    return schemas.Message(**{"id_2": "x", "role": "user", "content": "Hi", "date": None, **fields})


def test_values_come_back_equal(storage: Any, package: Any, schemas: Any) -> None:
    text = schemas.PartPart(part_type="text", text="ünï")
    image = schemas.PartPart1(part_type="image", size=schemas.Size(width=1, height=2))
    inner = message(schemas, content=[text, image], date=date(2026, 2, 28))
    outer = message(
        schemas,
        parent=inner,
        at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        ref=5,
        first_name="a'",
        class_="c",
        json_={"$ref": [1, 2.5, None]},
        metadata={"ключ": 1.0},
        str_="one",
        str__2="two",
        field="empty",
        url="http://EXAMPLE.com",
        a_very_long_name_that_goes_on_and_on=schemas.TreeTree(children=[None]),
    )
    given = package.Message(
        message_id="m",
        message=outer,
        part=image,
        names=["n" * 2000] * 1000,
        settings=schemas.Chat(theme="dark"),
        pet=schemas.Pet(name=None, age=1),
        either=schemas.Dog(kind="dog", tricks=["sit"]),
        box=package.Box(content=None, more=[["a"]]),
    )
    for read in (
        storage.messages.create(given),
        storage.messages.create(given),
        storage.messages.save(given),
        storage.messages.get("m"),
        storage.messages.update("m", message=outer, expected={"pet": given.pet}),
        next(iter(storage.messages.list())),
    ):
        for field in ("message", "part", "names", "settings", "pet", "either", "box"):
            assert getattr(read, field) == getattr(given, field), field
    assert read.message.parent.content[1].size.height == 2
    merged = storage.messages.update("m", settings=schemas.Chat(limits={"tokens": 3}))
    assert merged.settings.theme == "dark"
    assert merged.settings.limits.tokens == 3


def shapes_of(schemas: Any) -> Any:
    return schemas.Shapes(
        value=["a", {"b": [1.5, None, {"$c": []}]}],
        list_of_itself=[[], [[]]],
        map_of_itself={"a": {"b": {}}},
        list_of_lists=[[[]]],
        any=[1],
        any_object={"$ref": [2.5]},
        counts=schemas.Counts(total=1, name="n", **{"x y": 1.5}),
        open=schemas.Open(a="a", more={"b": 1}),
        linked=schemas.Linked(id="1", next=schemas.Linked(id="2")),
        extensions={"x-a": "b"},
        by_letter={"a": 1},
        pair=("a", 1),
        mixed='a */ "b"',
        code="abc",
        both=schemas.Both(total=2, id="i", missing="m"),
        closed=schemas.Closed(),
        old="o",
        union=schemas.SchemaUnion(true=[{}]),
    )


def test_shapes_that_refer_to_themselves_and_objects_of_any_keys(
    storage: Any, package: Any, schemas: Any
) -> None:
    given = package.Message(message_id="shapes", message=message(schemas))
    given.shapes = shapes_of(schemas)
    storage.messages.save(given)
    read = storage.messages.get("shapes")
    assert read.shapes == given.shapes
    assert read.shapes.counts.model_extra == {"x y": 1.5}
    assert read.shapes.linked.model_extra == {"next": schemas.Linked(id="2")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("list_of_itself", [1]),
        ("map_of_itself", {"a": 1}),
        ("list_of_lists", [[1]]),
        ("extensions", {"y": "b"}),
        ("extensions", {"x-": 1}),
        ("by_letter", {"c": 1}),
        ("pair", ("a",)),
        ("mixed", 2),
        ("code", "xbc"),
    ],
)
def test_shapes_refuse_what_does_not_fit(schemas: Any, name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        schemas.Shapes(**{name: value})
    with pytest.raises(ValidationError):
        schemas.Counts(total=1, more="text")
    with pytest.raises(ValidationError):
        schemas.Closed(more=1)


def test_typescript_has_the_same_types(
    made: Project, backend: EmbeddedBackend, storage: Any, package: Any, schemas: Any
) -> None:
    """What its program does not compile says what the types are; what it writes, Python reads."""
    client = made.root / "generated" / "typescript"
    settings = json.loads((ROOT / "tests" / "clients" / "typescript" / "tsconfig.json").read_text())
    settings["compilerOptions"]["paths"]["client"] = [f"{client.as_posix()}/index.ts"]
    program = "schemas.test.ts"
    shutil.copy(ROOT / "tests" / "clients" / "typescript" / program, made.root)
    settings |= {"include": [program], "exclude": []}
    (made.root / "tsconfig.json").write_text(json.dumps(settings))
    compiled = run([*tsc(), "--project", "tsconfig.json"], made.root)
    assert compiled.returncode == 0, compiled.stdout
    storage.messages.save(
        package.Message(
            message_id="python", message=message(schemas, retries=2**60), shapes=shapes_of(schemas)
        )
    )
    run_node(["--test", bundle(program, made.root, client)], backend)
    written = storage.messages.get("typescript")
    assert written.shapes == shapes_of(schemas)
    assert written.message == message(schemas, retries=2**60, parent=message(schemas))


def test_names_and_absence_on_the_wire(schemas: Any) -> None:
    runtime = importlib.import_module("chat._runtime")
    wire = runtime.Encoder(runtime.TypedJson[schemas.Message]).to_wire(
        message(schemas, id=1, parent=None, str_="a", str__2="b", first_name="a'")
    )
    assert wire == {
        "_id": "x",
        "id": 1,
        "role": "user",
        "content": "Hi",
        "parent": None,
        "date": None,
        "first-name": "a'",
        "retries": 3,
        "tags": ["x"],
        "str": "b",
        "str_": "a",
    }


def test_unknown_fields_survive(storage: Any, schemas: Any) -> None:
    """A client that is older than what it reads neither fails nor loses anything."""
    given = {
        "_id": "x",
        "role": "user",
        "content": [{"part-type": "text", "text": "a", "lang": "no"}],
        "date": None,
        "sent": {"by": ["phone", 1]},
    }
    raw(storage, "mutation", "save", {"message": {"messageId": "new", "message": given}})
    read = storage.messages.get("new")
    assert read.message.model_extra == {"sent": {"by": ["phone", 1]}}
    read.message.role = "assistant"
    storage.messages.save(read)
    stored = raw(storage, "query", "getById", {"messageId": "new"})["message"]
    assert stored == {**given, "role": "assistant", "retries": 3, "tags": ["x"]}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"role": "system"}, "role"),
        ({"ref": 6}, "ref"),
        ({"ref": "1"}, "ref"),
        ({"first_name": "abcdef"}, "first_name"),
        ({"first_name": "b"}, "first_name"),
        ({"list_": []}, "list_"),
        ({"at": datetime(2026, 1, 1)}, "at"),
        ({"unknown": 1}, "unknown"),
        ({"content": None}, "content"),
    ],
)
def test_what_does_not_fit_is_refused(schemas: Any, fields: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        message(schemas, **fields)
    assert caught.value.errors()[0]["loc"][0] == place


def test_what_is_stored_and_does_not_fit(storage: Any, package: Any) -> None:
    given = {"messageId": "bad", "message": {"_id": "x", "role": "robot", "content": "s3cret"}}
    raw(storage, "mutation", "save", {"message": given})
    with pytest.raises(package.ServerError, match=r"message: role: ") as caught:
        storage.messages.get("bad")
    assert "s3cret" not in str(caught.value)
    assert storage.messages.delete("bad")


def test_json_of_other_types_is_refused_by_its_path(
    storage: Any, package: Any, schemas: Any
) -> None:
    changed = package.Message(message_id="m", message=message(schemas))
    with pytest.raises(ValidationError, match=r"content.string\n.* has a lone surrogate"):
        changed.message.content = "\ud800"
    changed.message = changed.message.model_copy(update={"content": "\ud800"})
    with pytest.raises(package.InvalidArgument, match=r"lone surrogate"):
        storage.messages.save(changed)


# Generation


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project", SPEC)


def test_a_changed_schema_is_seen(project: Project) -> None:
    project.generate()
    assert project.convexgen("check").returncode == 0
    size = project.root / "schema" / "sizes.schema.json"
    size.write_text(size.read_text().replace('"height"', '"depth"'))
    changed = project.convexgen("check")
    assert changed.returncode == 1
    assert "-    height: int\n+    depth: int\n" in changed.stdout
    size.unlink()
    gone = project.convexgen("check")
    assert gone.returncode == 1
    assert "schema/sizes.schema.json cannot be read" in gone.stderr


def test_nothing_changed_imports_nothing(project: Project) -> None:
    project.generate()
    program = (
        "import sys\n"
        "from convexgen.cli.group import cli\n"
        "cli(['generate'], standalone_mode=False)\n"
        "assert not {'datamodel_code_generator', 'pydantic', 'jinja2'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=project.root, check=True)


def test_without_the_generator_of_classes(project: Project, tmp_path: Path) -> None:
    """It is needed for what an earlier run has not made already."""
    (tmp_path / "datamodel_code_generator.py").write_text("raise ImportError('not installed')\n")
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    generate = [sys.executable, "-m", "convexgen", "generate"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            generate, cwd=project.root, env=environment, capture_output=True, text=True, check=False
        )

    refused = run()
    assert refused.returncode == 2
    assert "pip install 'convexgen[json-schema]'" in refused.stderr
    (tmp_path / "datamodel_code_generator.py").rename(tmp_path / "away.py")
    assert run().returncode == 0
    (tmp_path / "away.py").rename(tmp_path / "datamodel_code_generator.py")
    spec = project.root / "schema" / "spec.yaml"
    spec.write_text(spec.read_text().replace("name: chat", "name: other"))
    assert run().returncode == 0
