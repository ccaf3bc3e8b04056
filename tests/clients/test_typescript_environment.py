"""Where a TypeScript client finds its deployment."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from node_program import CLIENT, bundle_text
from project import ROOT, run

A, B = "http://a.invalid", "http://b.invalid"
NAMES = ("URL", "DEPLOY_KEY", "SELF_HOSTED_URL", "SELF_HOSTED_ADMIN_KEY")
# What is asked, and with which key, is seen at `fetch`.
PROGRAM = f"""
import {{ ConvexStorage }} from {json.dumps(str(CLIENT / "index.ts"))};

const seen = async (options) => {{
  let sent;
  const fetch = async (url, {{ headers }}) => {{
    sent = [new URL(url).origin, new Headers(headers).get("Authorization")];
    return Response.json({{ status: "success", value: null }});
  }};
  const storage = ConvexStorage.fromEnv({{ ...options, fetch }});
  await storage.threads.get("t1");
  return sent;
}};
try {{
  console.log(JSON.stringify([await seen({{}}), await seen({{ auth: "token" }})]));
}} catch (error) {{
  console.log(JSON.stringify(`${{error.name}}: ${{error.message}}`));
}}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle_text(PROGRAM, tmp_path_factory.mktemp("program"))


def printed(program: Path, variables: dict[str, str]) -> object:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {f"CONVEX_{one}" for one in NAMES}
    }
    environment |= {f"CONVEX_{name}": value for name, value in variables.items()}
    finished = run(["node", program], ROOT, environment)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.mark.parametrize(
    ("variables", "url", "key"),
    [
        ({"URL": A, "DEPLOY_KEY": "k"}, A, "k"),
        ({"URL": f" {A}/ ", "DEPLOY_KEY": " "}, A, None),
        ({"SELF_HOSTED_URL": B, "SELF_HOSTED_ADMIN_KEY": "s"}, B, "s"),
        ({"URL": "", "SELF_HOSTED_URL": B, "SELF_HOSTED_ADMIN_KEY": "s"}, B, "s"),
        ({"SELF_HOSTED_URL": B, "DEPLOY_KEY": "k"}, B, None),
        # A key goes to its deployment alone.
        ({"URL": A, "SELF_HOSTED_URL": B, "SELF_HOSTED_ADMIN_KEY": "s"}, A, None),
        # As `convexgen dev --write-env` writes them.
        ({"URL": A, "SELF_HOSTED_URL": f"{A}/", "SELF_HOSTED_ADMIN_KEY": "s"}, A, "s"),
        ({"URL": A, "SELF_HOSTED_ADMIN_KEY": "s"}, A, "s"),
        (
            {"URL": A, "DEPLOY_KEY": "k", "SELF_HOSTED_URL": A, "SELF_HOSTED_ADMIN_KEY": "s"},
            A,
            "k",
        ),
    ],
)
def test_fault_15_the_environment_of_typescript(
    program: Path, variables: dict[str, str], url: str, key: str | None
) -> None:
    """The same deployment as in Python, and no key where the token of a user is given."""
    authorization = None if key is None else f"Convex {key}"
    assert printed(program, variables) == [[url, authorization], [url, "Bearer token"]]


@pytest.mark.parametrize("variables", [{}, {"DEPLOY_KEY": "secret", "URL": " "}])
def test_fault_15_what_typescript_looked_for(program: Path, variables: dict[str, str]) -> None:
    said = printed(program, variables)
    assert isinstance(said, str)
    assert said.startswith("InvalidArgument: CONVEX_URL is not set to the URL of a deployment, nor")
    assert "CONVEX_SELF_HOSTED_URL" in said
    assert "secret" not in said
