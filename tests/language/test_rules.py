"""The codes: each has an explanation with examples that are true, and a case."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from convexgen.cli.group import cli
from convexgen.diagnostics.codes import CODES, Code, default_severity
from convexgen.explanations import explanation
from convexgen.explanations.explanation import explain
from convexgen.frontend import load_bytes
from convexgen.packs import PACK, read_pack
from project import ROOT

CASES = ROOT / "tests" / "cases"
SALE = """\
convexgen: 1
name: shop
entities:
  Sale:
    table: sales
    key: saleId
    fields:
      saleId: string
"""


def read(name: str) -> bytes:
    """What examples include: files beside the pack, or the pack."""
    return read_pack(name) if name.startswith(PACK) else (ROOT / "schema" / name).read_bytes()


def codes(text: str | bytes) -> set[str]:
    data = text if isinstance(text, bytes) else text.encode()
    return {diagnostic.code for diagnostic in load_bytes(data, "spec.yaml", read).diagnostics}


def with_fields(number: int) -> str:
    return SALE + "".join(f"      f{n}: string\n" for n in range(number - 1))


def with_indexes(number: int) -> str:
    """A table with the index of its key and so many others, of which 32 are documented."""
    indexes = "".join(f"      by_f{n}: [f{n}]\n" for n in range(number))
    return "lint: {many-indexes: off}\n" + with_fields(number + 1) + "    indexes:\n" + indexes


UNSHOWN: dict[Code, tuple[str | bytes, str | bytes]] = {
    "forbidden-character": (SALE + "# \a\n", SALE),
    "not-utf-8": (SALE.encode() + b"# \xe9\n", SALE + "# é\n"),
    "too-many-fields": (with_fields(1023), with_fields(1022)),
    "too-many-indexes": (with_indexes(64), with_indexes(63)),
}
"""The examples that explanations put in words, wrong and right."""


@pytest.mark.parametrize("code", [code for code in CODES if code != "too-many-tables"])
def test_the_examples_of_a_code_are_true(code: Code) -> None:
    explanation = explain(code)
    wrong, right = UNSHOWN.get(code, (explanation.wrong, explanation.right))
    assert wrong is not None
    assert right is not None
    assert codes(wrong) == {code}
    assert codes(right) == set()


def with_tables(number: int, field: str) -> str:
    entities = "".join(
        f"  E{n}: {{table: t{n}, key: k, fields: {{k: string}}}}\n" for n in range(number - 1)
    )
    last = f"  Last: {{table: last, key: k, fields: {{k: string, f: {field}}}}}\n"
    return f"convexgen: 1\nname: many\nentities:\n{entities}{last}"


@pytest.mark.parametrize(
    ("number", "field", "said"),
    [
        (10_000, "string", None),
        (10_001, "string", "10001 tables"),
        (10_000, "{type: json, large: true}", "10001 tables, one of them for large values"),
    ],
)
def test_tables_are_counted(
    number: int, field: str, said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case of `TooManyTables`, whose specs would be half a megabyte each to keep."""
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(with_tables(number, field), encoding="utf-8")
    result = CliRunner().invoke(cli, ["lint", "spec.yaml"])
    assert result.exit_code == (0 if said is None else 1)
    assert result.stderr == (
        ""
        if said is None
        else f"spec.yaml:3:1: error[too-many-tables]: there are {said}, and Convex allows 10000\n"
        "    3 | entities:\n"
        "      | ^^^^^^^^\n"
        "1 error\n"
    )


def test_each_code_has_a_case_and_an_explanation() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in CASES.glob("*/stderr.txt"))
    found = set(re.findall(r": (?:error|warning|note)\[([a-z0-9-]+)\]: ", shown))
    assert set(CODES) - found == {"too-many-tables"}
    folder = Path(explanation.__file__).parent
    assert sorted(path.stem for path in folder.glob("*.md")) == list(CODES)


# What Convex refuses

REFUSED: dict[str, tuple[str, set[Code]]] = {
    "EmptyIndex": ("convex-empty-index", {"too-few"}),
    "FieldsNotUniqueWithinIndex": ("convex-fields-not-unique-within-index", {"duplicate-field"}),
    "IndexFieldNameReserved": ("convex-index-field-name-reserved", {"invalid-name"}),
    "IndexFieldsContainCreationTime": (
        "convex-index-fields-contain-creation-time",
        {"unknown-field"},
    ),
    "IndexFieldsContainId": ("convex-index-fields-contain-id", {"unknown-field"}),
    "IndexNameReserved": ("convex-index-name-reserved", {"invalid-name", "reserved-name"}),
    "IndexNamesNotUnique": ("convex-index-names-not-unique", {"duplicate-index", "duplicate-key"}),
    "IndexNotUnique": ("convex-index-not-unique", {"duplicate-index"}),
    "IndexTooManyFields": ("index-of-16-fields", {"index-too-long"}),
    "IndexTooManyFilterFields": ("convex-index-too-many-filter-fields", {"too-many-filters"}),
    "InvalidIndexField": ("convex-invalid-index-field", {"unknown-field"}),
    "InvalidIndexName": ("convex-invalid-index-name", {"invalid-name", "name-too-long"}),
    "InvalidSchema of names of fields": ("invalid-names", {"invalid-name"}),
    "InvalidTableName": ("convex-invalid-table-name", {"invalid-name", "name-too-long"}),
    "InvalidRecordType": ("record-keys", {"record-key-type"}),
    "InvalidTopLevelTypeInSchemaError": (
        "convex-invalid-top-level-type",
        {"missing-key", "unknown-key", "wrong-shape"},
    ),
    "InvalidVectorDimensionError": (
        "convex-vector-field",
        {"index-field-type", "unknown-field"},
    ),
    "SchemaDefinitionError": ("index-missing-field", {"unknown-field"}),
    "SchemaDefinitionError of vectors": (
        "convex-vector-field",
        {"index-field-type", "unknown-field"},
    ),
    "SearchIndexFieldNotUnique": ("convex-search-index-field-not-unique", {"duplicate-index"}),
    "TableNameReserved": ("convex-table-name-reserved", {"invalid-name"}),
    "TooManyIndexes": ("too-many-indexes", {"too-many-indexes"}),
    "VectorIndexFieldNotUnique": ("convex-vector-index-field-not-unique", {"duplicate-index"}),
}
"""Errors of Convex's schema push, by their codes in the sources of its backend
(crates/common/src/bootstrap_model/index/index_validation_error.rs and schemas/mod.rs): the case
that would provoke each, and what the tool says first. Where, is in the texts of the cases."""

INEXPRESSIBLE = {
    "IndexNotEnoughNameComponents": "The tool writes a name for each index, never a path to one.",
    "IndexTooManyNameComponents": "The tool writes a name for each index, never a path to one.",
    "InvalidSchemaExport": "The tool writes what schema.ts exports.",
    "MissingSchemaExportError": "The tool writes what schema.ts exports.",
    "TooManyTables": "It is provoked by test_tables_are_counted.",
}
"""Those that no case provokes, and why. No spec has staged indexes or staged validators either, to
which some of the others apply as well."""


@pytest.mark.parametrize("error", REFUSED)
def test_what_convex_refuses_is_refused_first(error: str) -> None:
    case, expected = REFUSED[error]
    shown = (CASES / case / "stderr.txt").read_text(encoding="utf-8")
    found = re.findall(r"^spec\.yaml:\d+:\d+: error\[([a-z0-9-]+)\]", shown, re.MULTILINE)
    assert set(found) == expected
    assert error not in INEXPRESSIBLE


def test_fault_12_nothing_is_said_of_a_key_that_is_left_out() -> None:
    """Nor is another field taken for it: of what no key could be, there are indexes and queries."""
    shown = (CASES / "needs-key" / "stderr.txt").read_text(encoding="utf-8")
    lines = (CASES / "needs-key" / "spec.yaml").read_text(encoding="utf-8").splitlines()
    start = lines.index("  Absent:") + 1
    numbers = [int(line) for line in re.findall(r"^spec\.yaml:(\d+):", shown, re.MULTILINE)]
    found = [lines[number - 1].strip() for number in numbers if number >= start]
    assert found == ["key: {of: name}"]


def test_fault_12_indexes_that_convex_takes_are_no_error() -> None:
    """Advice up to the 64 of all kinds that the backend takes, and an error after them."""
    found = load_bytes((CASES / "warned-many-indexes/spec.yaml").read_bytes(), "spec.yaml")
    assert {diagnostic.code for diagnostic in found.diagnostics} == {"many-indexes"}
    assert found.system is not None
    assert codes((CASES / "too-many-indexes/spec.yaml").read_bytes()) == {"too-many-indexes"}


# Severities


def test_notes_are_for_lint_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SALE + "      lines: list<string>\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["lint", "spec.yaml", "--format", "github"])
    assert result.exit_code == 0
    assert result.stdout.startswith("::notice file=spec.yaml,line=9,col=14,")
    result = CliRunner().invoke(cli, ["lint", "spec.yaml", "--format", "json"])
    assert [one["severity"] for one in json.loads(result.stdout)] == ["note"]
    result = CliRunner().invoke(cli, ["generate", "spec.yaml"])
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_severity_counts_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fields = "      lines: list<string>\n"
    for level, shown, exit_code in (
        ("error", "error", 1),
        ("warning", "warning", 0),
        ("note", "notice", 0),
        ("off", None, 0),
    ):
        text = f"lint: {{unbounded-list: {level}}}\n{SALE}{fields}"
        Path("spec.yaml").write_text(text, encoding="utf-8")
        result = CliRunner().invoke(cli, ["lint", "spec.yaml", "--format", "github"])
        assert result.exit_code == exit_code
        assert result.stdout.partition(" ")[0] == ("" if shown is None else f"::{shown}")
        result = CliRunner().invoke(cli, ["check", "spec.yaml"])
        assert (f"{level}[unbounded-list]" in result.stderr) == (level in {"error", "warning"})


def test_advice_is_not_for_packs() -> None:
    """Nobody who includes one can follow it."""
    pack = (ROOT / "schema" / "mastra.yaml").read_text(encoding="utf-8")
    unmuted = re.sub(r"^lint: .*$", "", pack, flags=re.MULTILINE)
    assert codes(unmuted) == {"unbounded-list"}
    assert codes("convexgen: 1\nname: mine\ninclude: pack:mastra\n") == set()


@pytest.mark.parametrize("spec", ["schema/mastra.yaml", "README.md"])
def test_what_is_shown_to_people_is_clean(spec: str) -> None:
    text = (ROOT / spec).read_text(encoding="utf-8")
    if spec == "README.md":
        text = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[0]
    assert codes(text) == set()


# The command `explain`


def test_explain() -> None:
    result = CliRunner().invoke(cli, ["explain", "redundant-index"])
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "redundant-index (warning)\n\nNo index is the beginning of another one.\n\n"
    )
    assert "\nWrong:\n\n```yaml\nconvexgen: 1\n" in result.stdout
    assert "\nRight:\n\n```yaml\nconvexgen: 1\n" in result.stdout


def test_explain_lists_the_codes() -> None:
    result = CliRunner().invoke(cli, ["explain", "--list"])
    assert result.exit_code == 0
    rows = [line.split(maxsplit=2) for line in result.stdout.splitlines()]
    assert [row[:2] for row in rows] == [[code, default_severity(code).value] for code in CODES]
    assert all(purpose.endswith(".") for _, _, purpose in rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["redundnt-index"], 'There is no code "redundnt-index". Did you mean "redundant-index"?'),
        (["E42"], 'There is no code "E42". Run `convexgen explain --list`.'),
        ([], "Give a code, or --list."),
        (["redundant-index", "--list"], "Give a code, or --list."),
    ],
)
def test_explain_without_a_code_that_is_known(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(cli, ["explain", *arguments])
    assert result.exit_code == 2
    assert message in result.stderr
