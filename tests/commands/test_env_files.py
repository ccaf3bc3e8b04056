"""`.env.local`, as the tool and the clients read it: as dotenv does."""

from __future__ import annotations

from pathlib import Path

import pytest
from convexgen.files.env_file import read_env_file, write_env_file
from convexgen.runtime import Client

URL = "http://a.invalid"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("CONVEX_DEPLOY_KEY=dev:a|b", "dev:a|b"),
        ("  CONVEX_DEPLOY_KEY = k  ", "k"),
        ("\tCONVEX_DEPLOY_KEY\t=\tk", "k"),
        ("export CONVEX_DEPLOY_KEY=k", "k"),
        ("exportCONVEX_DEPLOY_KEY=k", None),
        ("CONVEX_DEPLOY_KEY='k|#1' # a comment", "k|#1"),
        ('CONVEX_DEPLOY_KEY="k#1"#a comment', "k#1"),
        ("CONVEX_DEPLOY_KEY=`k'1`", "k'1"),
        ("CONVEX_DEPLOY_KEY=k#1", "k"),
        ("CONVEX_DEPLOY_KEY=k # a comment", "k"),
        ("CONVEX_DEPLOY_KEY=a=b==", "a=b=="),
        ("CONVEX_DEPLOY_KEY='a'b", "'a'b"),
        ('CONVEX_DEPLOY_KEY="a', '"a'),
        ("CONVEX_DEPLOY_KEY=", None),
        ("CONVEX_DEPLOY_KEY=''", None),
        ("CONVEX_DEPLOY_KEY=# none", None),
        ("# CONVEX_DEPLOY_KEY=k", None),
        ("CONVEX_DEPLOY_KEY", None),
        ("CONVEX DEPLOY_KEY=k", None),
        ("OTHER.CONVEX_DEPLOY_KEY=k", None),
        ("CONVEX_DEPLOY_KEY=a\nCONVEX_DEPLOY_KEY=b", "b"),
        ("CONVEX_DEPLOY_KEY=a\r\nOTHER=b\r", "a"),
        ("\ufeffCONVEX_DEPLOY_KEY=k", "k"),
        ("ÄCONVEX_DEPLOY_KEY=k", None),
        ("CONVEX_DEPLOY_KEY: k", "k"),
        ("CONVEX_DEPLOY_KEY:k", None),
        ("export CONVEX_DEPLOY_KEY: 'k' # a comment", "k"),
        # Values over several lines, which hold no other variables.
        ('PEM="-----BEGIN\nCONVEX_DEPLOY_KEY=inside\n-----END"', None),
        ("PEM='a\r\nCONVEX_DEPLOY_KEY=inside\r\nb'\nCONVEX_DEPLOY_KEY=k", "k"),
        ("PEM=`a\n'\"\nCONVEX_DEPLOY_KEY=inside\n` # a comment\nCONVEX_DEPLOY_KEY=k", "k"),
        # A quote that none ends is a character, and hides nothing.
        ('OTHER="a\nCONVEX_DEPLOY_KEY=k', "k"),
        ("OTHER=it's\nCONVEX_DEPLOY_KEY=k\nMORE=it's", "k"),
        ("CONVEX_DEPLOY_KEY=\n\n\nOTHER='k'", None),
        ("\n\n  CONVEX_DEPLOY_KEY=k\n\n# a comment", "k"),
    ],
)
def test_fault_15_which_key_a_file_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, value: str | None
) -> None:
    for name in ("URL", "DEPLOY_KEY", "SELF_HOSTED_URL", "SELF_HOSTED_ADMIN_KEY"):
        monkeypatch.delenv(f"CONVEX_{name}", raising=False)
    path = tmp_path / ".env.local"
    path.write_bytes(f"{line}\nCONVEX_URL={URL}\n".encode())
    assert (read_env_file(path).get("CONVEX_DEPLOY_KEY") or None) == value
    with Client.from_env(env_file=path) as client:
        key = client.__dict__["_connection"].deploy_key
    assert key == value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (r'A="a\nb\rc"', "a\nb\rc"),
        (r"A='a\nb'", r"a\nb"),
        (r"A=`a\nb`", r"a\nb"),
        (r"A=a\nb", r"a\nb"),
        (r'A="a\tb"', r"a\tb"),
        (r'A="say \"yes\" # now"', r"say \"yes\" # now"),
        (r"A='it\'s'", r"it\'s"),
        ("A=' a '", " a "),
        ('A="a\r\nb\rc"', "a\nb\nc"),
        ("A='a\nB=b'", "a\nB=b"),
        ('A={"b": "c"}', '{"b": "c"}'),
    ],
)
def test_fault_15_values_are_those_of_dotenv(tmp_path: Path, line: str, value: str) -> None:
    """What the npm package dotenv gives for them."""
    path = tmp_path / ".env.local"
    path.write_bytes(line.encode())
    assert read_env_file(path) == {"A": value}


@pytest.mark.parametrize(
    "lines",
    [" \n", "\n", "\t\r\n", "\r", "\ufeff\n", "A\n", "A \n", "export\n", "#\n", "A='\n", "A: \n"],
)
def test_long_files(tmp_path: Path, lines: str) -> None:
    """One that took time as the square of its lines would end with the patience of tests."""
    path = tmp_path / ".env.local"
    path.write_bytes(f"FIRST=1\nnone\n{lines * 300_000}none\nLAST=2".encode())
    assert read_env_file(path)["LAST"] == "2"


@pytest.mark.parametrize("inside", [" ", "\n", "\ufeff", " \ufeff"])
def test_long_values(tmp_path: Path, inside: str) -> None:
    path = tmp_path / ".env.local"
    between = inside * 1_000_000
    path.write_bytes(f"A= '{between}a{between}b{between}' ".encode())
    assert read_env_file(path) == {"A": f"{between}a{between}b{between}"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('PEM="-----BEGIN\nA=inside\n-----END"\n', 'PEM="-----BEGIN\nA=inside\n-----END"\nA=k\n'),
        ("A='b\nc' # d\nE=f", "A=k\nE=f"),
        ("\ufeffA=b", "\ufeffA=k"),
        ("\ufeffexport A: b\r\nB=c\r\n", "\ufeffA=k\r\nB=c\r\n"),
        ("A=a\n\n# d\nA=b\n", "A=k\n\n# d\nA=k\n"),
        ("A=\n\n# d\nB=\n", "A=k\n\n# d\nB=\n"),
        ("B=b\r\nC='c'", "B=b\r\nC='c'\r\nA=k\r\n"),
        ("", "A=k\n"),
    ],
)
def test_fault_22_the_rest_of_a_file_stays(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / ".env.local"
    path.write_bytes(before.encode())
    write_env_file(path, {"A": "k"}, lambda: None)
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize("value", ["k", "dev:a|b", "a b", "a#b", "", "https://a.invalid/b-c.d"])
def test_fault_22_what_is_written_is_read_again(tmp_path: Path, value: str) -> None:
    path = tmp_path / ".env.local"
    path.write_text("# mine\nexport KEY=before # a comment\nOTHER=o")
    write_env_file(path, {"KEY": value, "NEW": value}, lambda: None)
    assert read_env_file(path) == {"KEY": value, "OTHER": "o", "NEW": value}
    assert path.read_text().startswith("# mine\n")
