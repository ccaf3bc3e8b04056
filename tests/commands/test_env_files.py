"""`.env.local` as the tool reads it and as clients do, which share no code: both as dotenv does."""

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
    ],
)
def test_fault_15_both_read_the_same(
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


@pytest.mark.parametrize("value", ["k", "dev:a|b", "a b", "a#b", "", "https://a.invalid/b-c.d"])
def test_fault_22_what_is_written_is_read_again(tmp_path: Path, value: str) -> None:
    path = tmp_path / ".env.local"
    path.write_text("# mine\nexport KEY=before # a comment\nOTHER=o")
    write_env_file(path, {"KEY": value, "NEW": value})
    assert read_env_file(path) == {"KEY": value, "OTHER": "o", "NEW": value}
    assert path.read_text().startswith("# mine\n")
