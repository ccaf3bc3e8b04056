"""`convexgen data`: documents between files and a deployment."""

from __future__ import annotations

import json
import os
import pty
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from convexgen.data.checking import Problems, check, entities
from convexgen.data.files import read, write
from convexgen.data.records import DataError, Records
from convexgen.embedded import EmbeddedBackend
from convexgen.files.reading import MOST_BYTES
from convexgen.files.staging import written
from mastra_convex import ConvexStorage, Thread
from page_examples import blocks
from project import ROOT, Project, run
from small_project import PACKAGES
from waiting import PATIENCE, wait_until

FORMATS = ("jsonl", "csv", "parquet")

SPEC = """convexgen: 1
name: kinds
python: {package: kinds_of_data}
enums: {Stage: {values: [lead, won]}}
objects:
  Address: {city: string, zip: string?}
  Click: {kind: {literal: click}, x: integer}
  Note: {kind: {literal: note}, x: string, at: timestamp?}
entities:
  Thing:
    table: things
    key: [tenant, number]
    fields:
      tenant: string
      number: int64
      text: string?
      nothing: string | null
      either: {type: string, optional: true, nullable: true}
      ratio: number?
      flag: boolean?
      data: bytes?
      extra: json?
      whatever: any?
      stage: Stage?
      address: Address?
      tags: list<string>?
      mixed: string | number
      at: timestamp
      writtenAt: {type: timestamp, set: on write}
  Event:
    table: events
    key: eventId
    fields: {eventId: string}
    tag: kind
    union: [Click, Note]
  Visit:
    table: visits
    fields: {page: string}
"""

AWKWARD = ["", "null", '"', "5", "true", "a,b\nc\r\nd", " x ", "é\u2028", "=1+1", "{}", "\ufeff"]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A package whose entities have fields of all kinds."""
    root = tmp_path_factory.mktemp("kinds")
    (root / "schema").mkdir()
    (root / "schema" / "kinds.yaml").write_text(SPEC)
    (root / "node_modules").symlink_to(PACKAGES)
    (root / "package.json").write_text('{"type": "module", "dependencies": {"convex": "*"}}')
    Project(root).generate()
    (package,) = root.glob("generated/python/kinds_of_data")
    sys.path.insert(0, str(package.parent))
    yield root
    sys.path.remove(str(package.parent))


def records_of(table: str) -> Records:
    return Records("kinds_of_data", import_module(f"kinds_of_data.{table}")._ENTITY)


def things() -> list[dict[str, Any]]:
    """Rows with each value that a field may have, each of which may be taken for another."""
    row = {"tenant": "t", "nothing": None, "mixed": 1.5, "at": "2026-03-29T00:00:00.123456Z"}
    values: list[tuple[str, Any]] = [
        *(("text", text) for text in AWKWARD),
        *(("tenant", text) for text in AWKWARD),
        *(("nothing", text) for text in AWKWARD),
        *(("either", one) for one in [*AWKWARD, None]),
        *(("mixed", one) for one in [*AWKWARD, 5.0, -0.5]),
        *(("extra", one) for one in [*AWKWARD, 5, None, True, [], {"a": [None]}]),
        *(("whatever", one) for one in [*AWKWARD, None, [1.5], {"$integer": "AQAAAAAAAAA="}]),
        *(("ratio", one) for one in [0.1, "NaN", "-Infinity"]),
        *(("flag", one) for one in [True, False]),
        ("data", "AP8="),
        ("stage", "won"),
        ("address", {"city": "x", "zip": ""}),
        ("address", {"city": "null"}),
        *(("tags", one) for one in [[], ["", "null"]]),
    ]
    rows = [{**row, name: value} for name, value in values]
    return [{**one, "number": 2**53 + place} for place, one in enumerate(rows)]


def events() -> list[dict[str, Any]]:
    return [
        {"event_id": "1", "kind": "click", "x": 5},
        {"event_id": "2", "kind": "note", "x": "5"},
        {"event_id": "3", "kind": "note", "x": "", "at": "2026-03-29T00:00:00Z"},
    ]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("table", ["things", "events"])
def test_a_file_gives_back_what_was_written_to_it(
    kinds: Path, tmp_path: Path, table: str, form: str
) -> None:
    records = records_of(table)
    given = things() if table == "things" else events()
    documents = [records.entity(json.dumps(row).encode()) for row in given]
    path = tmp_path / f"{table}.{form}"
    with written(path) as file:
        write(file, form, records, map(records.row, documents))
    assert check(path, form, records) == len(documents)
    found = list(entities(path, form, records))
    assert [repr(one) for one in found] == [repr(one) for one in documents]


def test_a_file_that_is_not_finished_is_not_there(kinds: Path, tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text("before")

    def rows() -> Iterator[dict[str, Any]]:
        yield things()[0]
        raise RuntimeError

    with pytest.raises(RuntimeError), written(path) as file:
        write(file, "csv", records_of("things"), rows())
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("things.csv", "before")]


def test_a_text_of_a_megabyte_comes_back(kinds: Path, tmp_path: Path) -> None:
    row = {**things()[0], "text": "a,\n" * 333_000}
    records = records_of("things")
    for form in FORMATS:
        path = tmp_path / f"things.{form}"
        with written(path) as file:
            write(file, form, records, [row])
        (found,) = entities(path, form, records)
        assert found.text == row["text"]


def test_a_file_is_written_through_no_link(kinds: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    path = tmp_path / "there" / "things.csv"
    path.parent.mkdir()
    # As somebody may name a link who knows how the file beside is called, and our process.
    for number in range(-50, 50):
        (path.parent / f".things.csv.{os.getpid() + number}").symlink_to(outside)
    path.symlink_to(outside)
    with written(path) as file:
        write(file, "csv", records_of("things"), things())
        names = {one.name for one in path.parent.iterdir() if not one.is_symlink()}
        assert len(names) == 1
    assert outside.read_text() == "mine"
    assert path.read_text() != "mine"
    assert [one for one in path.parent.iterdir() if not one.is_symlink()] == [path]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_no_regular_file_is_said(kinds: Path, tmp_path: Path, form: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(Problems, match="it is no regular file, and a file is read twice"):
            check(path, form, records_of("events"))


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_line_without_end_is_said(kinds: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"events.{form}"
    path.write_text("event_id\n")
    os.truncate(path, MOST_BYTES + 100)
    with pytest.raises(Problems) as caught:
        check(path, form, records_of("events"))
    assert caught.value.found[-1] == f"{path}:2: the line has more than 64 MiB"


def test_damaged_parquet_is_said(kinds: Path, tmp_path: Path) -> None:
    records = records_of("things")
    path = tmp_path / "things.parquet"
    with written(path) as file:
        write(file, "parquet", records, things())
    whole = path.read_bytes()
    drawn = random.Random(15)
    said = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(drawn.randint(1, 4)):
            damaged[drawn.randrange(len(damaged))] = drawn.randrange(256)
        path.write_bytes(damaged[: drawn.choice([len(damaged), drawn.randrange(len(damaged))])])
        try:
            check(path, "parquet", records)
        except Problems:
            said += 1
    assert said > 150


GOOD = '{"event_id": "1", "kind": "click", "x": 5}'


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.jsonl", f"{GOOD}\n\n[\n", ["3: Invalid JSON"]),
        ("a.jsonl", f"{GOOD}\n{GOOD.replace('5', 'true')}\n", ["2: ", "found bool"]),
        ("a.jsonl", f'{GOOD}\n{{"event_id": "2", "kind": "other"}}\n', ["2: "]),
        ("a.jsonl", f"{GOOD}\n{GOOD}\n", ["2: its key is that of", "a.jsonl:1"]),
        ("a.jsonl", GOOD.replace("5", '5, "more": 1'), ["1: ", "more"]),
        ("a.csv", "event_id,kind,x\n1,click,5\n\n", ["3: it has 0 cells, and the first line 3"]),
        ("a.csv", 'event_id,kind,x\n"1\n",click,5\n2,click,zwei\n', ["4: `x`: it is no JSON"]),
        ("a.csv", "event_id,Kind\n", ["1: there is no field 'Kind'; the fields are event_id,"]),
        ("a.csv", "event_id,event_id\n", ["1: `event_id` is named twice"]),
        ("a.csv", 'event_id\n"a', ["it is no CSV"]),
        ("a.parquet", "event_id", ["it is no Parquet"]),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(
    kinds: Path, tmp_path: Path, name: str, text: str, found: list[str]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(Problems) as caught:
        check(path, path.suffix[1:], records_of("events"))
    (said,) = caught.value.found
    assert said.startswith(f"{path}:")
    for words in found:
        assert words in said


TEXTS = {"jsonl": f"{GOOD}\n", "csv": "event_id,kind,x\n1,click,5\n"}


@pytest.mark.parametrize("form", TEXTS)
def test_fault_14_a_file_of_text_in_another_encoding(
    kinds: Path, tmp_path: Path, form: str
) -> None:
    """As Windows saves it: a mark of UTF-8 is none of the text, and no other one is guessed."""
    path = tmp_path / f"a.{form}"
    path.write_text(TEXTS[form], encoding="utf-8-sig")
    check(path, form, records_of("events"))
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        path.write_text(TEXTS[form], encoding=encoding)
        with pytest.raises(Problems) as caught:
            check(path, form, records_of("events"))
        words = "it is UTF-16 or UTF-32, and is read as UTF-8: save it as that"
        assert caught.value.found == [f"{path}: {words}"]
    path.write_text(TEXTS[form].replace("1", "é", 1), encoding="latin-1")
    with pytest.raises(Problems, match="it is no UTF-8: 'utf-8' codec can't decode byte 0xe9"):
        check(path, form, records_of("events"))


def test_so_many_problems_are_said(kinds: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n" * 100)
    with pytest.raises(Problems) as caught:
        check(path, "jsonl", records_of("events"))
    assert len(caught.value.found) == 20


def test_documents_without_a_key_are_inserted_once_in_a_job(kinds: Path) -> None:
    path = kinds / "visits.jsonl"
    path.write_text('{"page": "/"}\n' * 3)
    with EmbeddedBackend.start(kinds) as own:

        def visits(*arguments: str | Path) -> str:
            done = data(own, *arguments, "--project", kinds)
            assert done.returncode == 0, done.stderr
            return done.stdout

        for number in range(1, 3):
            visits("import", "Visit", path)
            assert visits("count", "Visit") == f"{3 * number}\n"
        for _ in range(2):
            visits("import", "Visit", path, "--job", "once")
            assert visits("count", "Visit") == "9\n"


def test_a_file_that_changes_after_it_was_checked(kinds: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n[]\n")
    with pytest.raises(DataError, match=r"a\.jsonl:2: "):
        list(entities(path, "jsonl", records_of("events")))
    assert len(list(read(path, "jsonl", records_of("events")))) == 2


# With a deployment


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture
def storage(backend: EmbeddedBackend) -> Iterator[ConvexStorage]:
    with ConvexStorage(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE) as opened:
        yield opened
        opened.threads.clear()


def environment(backend: EmbeddedBackend) -> Mapping[str, str]:
    others = {name: one for name, one in os.environ.items() if not name.startswith("CONVEX_")}
    return {
        **others,
        "CONVEX_SELF_HOSTED_URL": backend.url,
        "CONVEX_SELF_HOSTED_ADMIN_KEY": backend.admin_key,
    }


def data(backend: EmbeddedBackend, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment(backend).items():
            patched.setenv(name, value)
        return Project(ROOT).convexgen("data", *map(str, arguments))


def thread(number: int, title: str = "x") -> Thread:
    return Thread(thread_id=f"t{number:05}", resource_id="r", title=title)


def told(storage: ConvexStorage) -> list[Any]:
    return [one.model_dump(exclude={"doc_id", "creation_time"}) for one in storage.threads.list()]


@pytest.mark.parametrize("form", FORMATS)
def test_documents_go_to_a_file_and_come_back(
    backend: EmbeddedBackend, storage: ConvexStorage, tmp_path: Path, form: str
) -> None:
    storage.threads.save_many(thread(number, title) for number, title in enumerate(AWKWARD))
    before = told(storage)
    path = tmp_path / f"threads.{form}"
    exported = data(backend, "export", "Thread", "--output", path)
    assert (exported.returncode, exported.stdout) == (0, ""), exported.stderr
    assert exported.stderr == f"exported {len(AWKWARD)} documents\n"
    assert data(backend, "clear", "threads", "--yes").stderr == "deleted 11 documents\n"
    assert data(backend, "count", "Thread").stdout == "0\n"
    assert (
        data(backend, "import", "Thread", path, "--check").stderr == "11 documents can be saved\n"
    )
    assert told(storage) == []
    assert data(backend, "import", "Thread", path).stderr == "saved 11 documents\n"
    assert told(storage) == before


def test_the_commands_of_the_page(
    backend: EmbeddedBackend, storage: ConvexStorage, tmp_path: Path
) -> None:
    storage.threads.save(thread(1))
    (console,) = blocks("docs/command-line.md", "console")
    for line in console.splitlines():
        program, *arguments = line.removeprefix("$ ").split()
        assert program == "convexgen"
        command = [sys.executable, "-m", "convexgen", *arguments, "--project", str(ROOT)]
        done = run(command, tmp_path, environment(backend))
        assert done.returncode == 0, done.stderr
    assert storage.threads.get("t00001") is None


def test_nothing_is_written_of_a_file_in_which_something_is_wrong(
    backend: EmbeddedBackend, storage: ConvexStorage, tmp_path: Path
) -> None:
    path = tmp_path / "threads.jsonl"
    path.write_text('{"thread_id": "t1", "resource_id": "r"}\n{"thread_id": 2}\n')
    done = data(backend, "import", "Thread", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{path}:2: thread_id: ")
    assert done.stderr.endswith("\nNothing was written.\n")
    assert told(storage) == []


def test_what_cannot_be_run(backend: EmbeddedBackend, tmp_path: Path) -> None:
    said = {
        ("count", "Thraed"): "has no entity 'Thraed'. Did you mean 'Thread'?",
        ("clear", "Thread"): "--yes says that this is meant",
        ("export", "Thread", "-o", tmp_path / "a.txt"): "--format jsonl, csv or parquet does",
        (
            "export",
            "Thread",
            "-o",
            tmp_path / "no" / "a.csv",
        ): "no/a.csv cannot be written",
    }
    for arguments, words in said.items():
        done = data(backend, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
    command = [sys.executable, "-m", "convexgen", "data", "count", "Thread"]
    nowhere = {**environment(backend), "CONVEX_SELF_HOSTED_URL": "http://127.0.0.1:9"}
    assert "cannot connect" in run(command, ROOT, nowhere).stderr
    del nowhere["CONVEX_SELF_HOSTED_URL"]
    assert "CONVEX_URL" in run(command, ROOT, nowhere).stderr


def test_an_import_that_is_killed_goes_on_under_the_same_name(
    backend: EmbeddedBackend, storage: ConvexStorage, tmp_path: Path
) -> None:
    """What it has saved is not saved again: others may have changed it since."""
    path = tmp_path / "threads.jsonl"
    count = 3000
    lines = ({"thread_id": f"t{number:05}", "resource_id": "r"} for number in range(count))
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    command = [sys.executable, "-m", "convexgen", "data", "import", "Thread", str(path)]
    killed = subprocess.Popen(
        [*command, "--job", "killed"], cwd=ROOT, env=environment(backend), stderr=subprocess.PIPE
    )
    wait_until(lambda: storage.threads.get("t00000"))
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    storage.threads.update("t00000", title="changed since")
    done = data(backend, "import", "Thread", path, "--job", "killed")
    assert (done.returncode, done.stderr) == (0, f"saved {count} documents\n")
    found = told(storage)
    assert [one["thread_id"] for one in found] == [f"t{number:05}" for number in range(count)]
    assert found[0]["title"] == "changed since"
    # Another file is another job, and so is none.
    assert data(backend, "import", "Thread", path).returncode == 0
    assert "title" not in told(storage)[0] or told(storage)[0]["title"] != "changed since"


def test_progress_is_shown_on_a_terminal(
    backend: EmbeddedBackend, storage: ConvexStorage, tmp_path: Path
) -> None:
    path = tmp_path / "threads.jsonl"
    path.write_text('{"thread_id": "t1", "resource_id": "r"}\n')
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "convexgen", "data", "import", "Thread", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(backend), stderr=theirs)
    os.close(theirs)
    shown = b""
    # Linux says that nothing more comes by an error.
    try:
        while part := os.read(ours, 1000):
            shown += part
    except OSError:
        pass
    os.close(ours)
    assert process.wait(PATIENCE) == 0
    assert shown.replace(b"\r\n", b"\n") == b"\rsaved 1 of 1\rsaved 1 document\n"
