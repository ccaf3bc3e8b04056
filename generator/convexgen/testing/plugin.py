"""The pytest plugin: the fixture `convex_backend`.

The project to serve is named in the `pyproject.toml` of the tests,

    [tool.convexgen.testing]
    convex_project = "."          # the directory with the functions directory in it
    convex_functions = "convex"   # that directory, relative to it; by default that of convex.json

or by the options `convex_project` and `convex_functions` of pytest's own configuration,
which take precedence. Both paths are relative to the root directory of pytest.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convexgen.embedded import EmbeddedBackend
    from convexgen.testing.backend import ConvexBackend

# What its tests compare is shown where they fail, as in tests of one's own.
pytest.register_assert_rewrite("convexgen.testing.access", "convexgen.testing.conformance")

_SETTINGS = {"convex_project": ".", "convex_functions": ""}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("convex_project", "directory with the functions of Convex in it", default="")
    parser.addini("convex_functions", "functions directory in convex_project", default="")


@pytest.fixture(scope="session")
def convex_server(pytestconfig: pytest.Config) -> Iterator[EmbeddedBackend]:
    """The one process behind `convex_backend`; with xdist, one for each worker."""
    from convexgen.embedded import BackendFailed, EmbeddedBackend, NodeNotFound

    settings = _read_settings(pytestconfig)
    try:
        server = EmbeddedBackend.start(
            pytestconfig.rootpath / settings["convex_project"],
            functions=settings["convex_functions"] or None,
            is_controlled=True,
        )
    except (BackendFailed, NodeNotFound) as error:
        pytest.fail(f"The Convex backend for tests did not start.\n{error}", pytrace=False)
    with server:
        yield server


@pytest.fixture
def convex_backend(convex_server: EmbeddedBackend) -> ConvexBackend:
    """A backend with the project's functions and an empty database, for one test."""
    from convexgen.testing.backend import fresh_backend

    return fresh_backend(convex_server)


def _read_settings(config: pytest.Config) -> dict[str, str]:
    file = config.rootpath / "pyproject.toml"
    section = _section_of(file) if file.is_file() else {}
    settings = dict(_SETTINGS)
    for name, value in section.items():
        if name not in settings:
            known = ", ".join(settings)
            raise pytest.UsageError(
                f"{file}: [tool.convexgen.testing] has no setting {name!r}, only {known}"
            )
        if not isinstance(value, str):
            raise pytest.UsageError(
                f"{file}: [tool.convexgen.testing] {name} must be a string, not {value!r}"
            )
        settings[name] = value
    for name in settings:
        given = config.getini(name)
        if isinstance(given, str) and given:
            settings[name] = given
    return settings


def _section_of(file: Path) -> dict[str, object]:
    section: object = tomllib.loads(file.read_text(encoding="utf-8"))
    for key in ("tool", "convexgen", "testing"):
        section = _table(file, section).get(key, {})
    return _table(file, section)


def _table(file: Path, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise pytest.UsageError(f"{file}: [tool.convexgen.testing] must be a table")
    return cast("dict[str, object]", value)
