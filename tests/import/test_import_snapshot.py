"""`convexgen import SNAPSHOT.zip`: what the documents have that `npx convex export` has written."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from convexgen.importing.document_ids import table_number
from convexgen.importing.exported import read_exported
from convexgen.importing.shapes import table_of
from convexgen.importing.snapshots import (
    MOST_BYTES,
    BadSnapshot,
    infer,
    open_snapshot,
    refusals,
    takes,
)
from project import ROOT, Project

TABLES = {"users": 10001, "notes": 10002, "empty": 10003, "_file_storage": 1, "_storage": 7}
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder with the packages, and nothing else."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    (root / "package.json").write_text("{}")
    return Project(root)


def an_id(table: int, seed: int = 1) -> str:
    """An ID as Convex writes it."""
    content = []
    rest = table
    while rest >= 0x80:
        content.append(rest & 0x7F | 0x80)
        rest >>= 7
    content += [rest, *(seed + position for position in range(16))]
    low = high = 0
    for byte in content:
        low = (low + byte) % 256
        high = (high + low) % 256
    bits = "".join(f"{byte:08b}" for byte in (*content, low, high))
    bits += "0" * (-len(bits) % 5)
    return "".join(ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def pack(
    path: Path,
    documents: Mapping[str, Sequence[object]],
    *,
    folder: str = "",
    others: Mapping[str, str | bytes] | None = None,
) -> Path:
    """A snapshot as `npx convex export` packs it."""
    tables = [json.dumps({"name": name, "id": number}) for name, number in TABLES.items()]
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}README.md", "# Welcome")
        archive.writestr(f"{folder}_tables/documents.jsonl", "\n".join(tables) + "\n")
        for name, found in documents.items():
            lines = [json.dumps(one, ensure_ascii=False) for one in found]
            archive.writestr(f"{folder}{name}/documents.jsonl", "\n".join(lines) + "\n")
            archive.writestr(f"{folder}{name}/generated_schema.jsonl", '"uniform"\n')
        for name, content in (others or {}).items():
            archive.writestr(f"{folder}{name}", content)
    return path


def own(table: int, seed: int, **fields: object) -> dict[str, object]:
    return {"_id": an_id(table, seed), "_creationTime": 1.5, **fields}


USERS = [own(10001, 1, name="Ada", born=1815), own(10001, 2, name="Åse", friend=an_id(10001, 1))]
NOTES = [
    own(
        10002,
        1,
        author=an_id(10001, 1),
        file=an_id(1),
        score=1.0,
        mark={"$float": "NaN"},
        raw={"$bytes": "AAA="},
        places=[{"town": "Oslo"}, {"town": "Bergen", "zip": None}],
        counts={"a b": 1, "c": 2},
        about=an_id(10002, 1),
        either=an_id(10001, 1),
        later=None,
        tags=[],
    ),
    own(
        10002,
        2,
        author=an_id(10001, 2),
        file=an_id(7),
        score=-0.5,
        mark=2.0,
        raw={"$bytes": ""},
        places=[],
        counts={},
        about=an_id(10001, 1),
        either="nobody",
        later=None,
        tags=[],
    ),
]
SPEC = """\
  User:
    table: users
    fields:
      name: string
      born: int64?
      friend: id<User>?
    access: internal
    functions: [list, queries]

  Note:
    table: notes
    fields:
      author: id<User>
      file: id<_storage>
      score: number
      mark: number
      raw: bytes
      places: { list: { object: { town: string, zip: null? } } }
      counts: record<string, int64>
      about: id<Note> | id<User>
      either: string
      # All that the documents have there is null, or an empty array.
      later: "null"
      # All that the documents have there is null, or an empty array.
      tags: list<any>
    access: internal
    functions: [list, queries]
"""


@pytest.mark.parametrize("folder", ["", "snapshot_1/"])
def test_a_snapshot_gives_the_types_of_its_documents(folder: str, project: Project) -> None:
    pack(
        project.root / "snapshot.zip",
        {
            "users": USERS,
            "notes": NOTES,
            "empty": [],
            "_storage": [own(7, 1, sha256="x")],
            "_components/mail/_tables": [{"name": "sent", "id": 10001}],
            "_components/mail/sent": [own(10001, 1, at=1)],
        },
        folder=folder,
        others={f"_storage/{an_id(7)}.png": b"\x00"},
    )
    done = project.convexgen("import", "snapshot.zip", "--name", "desk")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (project.root / "schema" / "desk.yaml").read_text()
    assert text.partition("entities:\n")[2] == SPEC
    assert "directory: convex }" in text
    assert "empty is left out: it has no documents." in done.stderr
    assert "The tables of the component mail are left out." in done.stderr
    assert done.stdout.endswith("It takes what is there: 4 documents.\n")
    assert project.convexgen("generate").returncode == 0
    edited = text.replace("born: int64?", "born: int64? # a year")
    edited = edited.replace("either: string", "either: {type: string, description: Of two kinds.}")
    edited = edited.replace('later: "null"', "later: string | null\n      more: boolean?")
    edited += "    indexes:\n      by_author: [author]\n"
    (project.root / "schema" / "desk.yaml").write_text(edited)
    pack(project.root / "snapshot.zip", {"users": [*USERS, own(10001, 3)], "notes": NOTES})
    again = project.convexgen("import", "snapshot.zip", "--name", "desk")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "users: the field name is string, or absent, not string" in again.stdout
    assert (project.root / "schema" / "desk.yaml").read_text() == edited.replace(
        "name: string\n", "name: string?\n", 1
    )


def test_objects_with_many_fields_are_records(project: Project) -> None:
    many = [own(10001, 1, of={f"f{number}": 1.0 for number in range(65)}, by={"é": [1]})]
    pack(project.root / "snapshot.zip", {"users": many})
    done = project.convexgen("import", "snapshot.zip", "--name", "desk")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (project.root / "schema" / "desk.yaml").read_text()
    assert "of: record<string, number>" in text
    assert "by: record<string, list<int64>>" in text


@pytest.mark.parametrize(
    ("documents", "others", "said"),
    [
        ({"users": ["text"]}, {}, "users/documents.jsonl:1: it is no document"),
        ({}, {"users/documents.jsonl": "\n{]"}, "users/documents.jsonl:2: Expecting"),
        ({}, {"users/documents.jsonl": b"{}\n\xff"}, "users/documents.jsonl:2: it is not UTF-8"),
        ({"users": [{"a": 2**63}]}, {}, "documents.jsonl:1: 9223372036854775808 is no value"),
        ({"users": [{"a": {"$bytes": "", "b": 1}}]}, {}, "is no value of Convex"),
        ({"users": []}, {}, "has no documents: a spec would say nothing"),
        ({"others": [{}]}, {}, "_tables/documents.jsonl lacks others"),
        ({}, {"users/generated_schema.jsonl": '{"kind": "Int64"}'}, "of an older Convex"),
        ({"_tables": [{"name": "a b", "id": 1}]}, {}, "'a b' is no name of a table"),
        ({"_tables": [{"id": 1}]}, {}, "documents.jsonl:1: it is no table, such as"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_bad_snapshot_is_an_error_with_its_place(
    documents: Mapping[str, Sequence[object]],
    others: Mapping[str, str | bytes],
    said: str,
    project: Project,
) -> None:
    pack(project.root / "snapshot.zip", documents, others=others)
    done = project.convexgen("import", "snapshot.zip")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "snapshot.zip" in done.stderr
    assert not (project.root / "schema").exists()


def test_what_is_no_snapshot_is_an_error(project: Project) -> None:
    path = project.root / "a.zip"
    path.write_text("no ZIP")
    assert "a.zip is no ZIP" in project.convexgen("import", "a.zip").stderr
    with ZipFile(path, "w") as archive:
        archive.writestr("b.txt", "b")
    assert "has no _tables/documents.jsonl" in project.convexgen("import", "a.zip").stderr
    pack(path, {"users": USERS})
    content = bytearray(path.read_bytes())
    at = content.index(b"users/documents.jsonl") + len("users/documents.jsonl") + 5
    content[at] ^= 0xFF
    path.write_bytes(content)
    done = project.convexgen("import", "a.zip")
    assert (done.returncode, "users/documents.jsonl is damaged" in done.stderr) == (2, True)
    assert "one ZIP" in project.convexgen("import", "a.zip", "a.zip").stderr


def test_what_a_spec_does_not_take_is_found(tmp_path: Path) -> None:
    pack(tmp_path / "a.zip", {"users": [own(10001, 1, a=1), own(10001, 2, a="x")]})
    snapshot = open_snapshot(tmp_path / "a.zip", "a.zip")
    document = {
        "type": "object",
        "value": {"a": {"fieldType": {"type": "bigint"}, "optional": False}},
    }
    schema = read_exported({"tables": [table_of("users", document)]})
    assert list(refusals(snapshot, schema)) == [
        "a.zip: users/documents.jsonl:2: the spec does not take it"
    ]
    assert not takes(document, {"a": 1, "b": 1}, {})
    assert not takes(document, [1], {})
    assert not takes({"type": "array", "value": {"type": "null"}}, {}, {})


@pytest.mark.parametrize("table", [1, 127, 128, 10001, 2**31])
def test_ids_have_the_number_of_their_table(table: int) -> None:
    text = an_id(table)
    assert table_number(text) == table
    for position in range(len(text)):
        other = "0" if text[position] != "0" else "1"
        changed = text[:position] + other + text[position + 1 :]
        assert table_number(changed) != table or changed == text
    assert table_number(text[:-1]) is None
    assert table_number(text.upper()) is None


def test_damage_anywhere_is_said(tmp_path: Path) -> None:
    path = pack(tmp_path / "s.zip", {"users": [{"name": "a"}, {"name": "b", "age": 1.5}]})
    whole = path.read_bytes()
    drawn = random.Random(15)
    said = 0
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(drawn.randint(1, 3)):
            damaged[drawn.randrange(len(damaged))] = drawn.randrange(256)
        path.write_bytes(damaged[: drawn.choice([len(damaged), drawn.randrange(len(damaged))])])
        try:
            snapshot = open_snapshot(path, "s.zip")
            with snapshot.archive:
                infer(snapshot)
        except BadSnapshot:
            said += 1
    assert said > 1000


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "NaN", "null", '"7"', "1" + 400 * "0", "true", "0.5", "-1"]
)
def test_a_table_has_a_number(tmp_path: Path, number: str) -> None:
    path = tmp_path / "s.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("_tables/documents.jsonl", f'{{"name": "users", "id": {number}}}\n')
    with pytest.raises(BadSnapshot, match="1: it is no table, such as"):
        open_snapshot(path, "s.zip")


def test_a_line_without_end_is_said(tmp_path: Path) -> None:
    line = b"x" * (MOST_BYTES + 100)
    others = {"users/documents.jsonl": b'{"name": "a"}\n' + line}
    path = pack(tmp_path / "s.zip", {}, others=others)
    assert path.stat().st_size < 2**20
    with pytest.raises(BadSnapshot, match=r"documents\.jsonl:2: the line has more than 64 MiB"):
        infer(open_snapshot(path, "s.zip"))


def test_what_is_no_regular_file_is_said(tmp_path: Path) -> None:
    pipe = tmp_path / "s.zip"
    os.mkfifo(pipe)
    with pytest.raises(BadSnapshot, match="it is no regular file"):
        open_snapshot(pipe, "s.zip")
