"""The pytest plugin: the fixture `convex_backend`.

The project to serve is named in the `pyproject.toml` of the tests,

    [tool.convexgen.testing]
    convex_project = "."          # the directory with the functions directory in it
    convex_functions = "convex"   # that directory, relative to it; by default that of convex.json

relative to that file, or by the options `convex_project` and `convex_functions` of pytest's own
configuration, which take precedence, relative to the root directory of pytest. Named by neither, it
is the nearest one from that directory upwards, as the tests may lie in a package of the project
that has a `pyproject.toml` of its own.
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

_PROJECT = "convex_project"
_FUNCTIONS = "convex_functions"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("convex_project", "directory with the functions of Convex in it", default="")
    parser.addini("convex_functions", "functions directory in convex_project", default="")


@pytest.fixture(scope="session")
def convex_server(pytestconfig: pytest.Config) -> Iterator[EmbeddedBackend]:
    """The one process behind `convex_backend`; with xdist, one for each worker."""
    from convexgen.embedded import BackendFailed, EmbeddedBackend, NodeNotFound

    project, functions = _served(pytestconfig)
    try:
        server = EmbeddedBackend.start(project, functions=functions, is_controlled=True)
    except (BackendFailed, NodeNotFound) as error:
        pytest.fail(f"The Convex backend for tests did not start.\n{error}", pytrace=False)
    with server:
        yield server


@pytest.fixture
def convex_backend(convex_server: EmbeddedBackend) -> ConvexBackend:
    """A backend with the project's functions and an empty database, for one test."""
    from convexgen.testing.backend import fresh_backend

    return fresh_backend(convex_server)


def _served(config: pytest.Config) -> tuple[Path, str | None]:
    """The project, and its functions directory where that is named."""
    from convexgen.files.folders import has_functions, upward

    functions = _option(config, _FUNCTIONS)
    project = _option(config, _PROJECT)
    for folder in upward(config.rootpath):
        settings = _settings_in(folder)
        if settings or has_functions(folder, functions):
            functions = functions or settings.get(_FUNCTIONS) or None
            if project is None:
                return folder / settings.get(_PROJECT, "."), functions
            break
    return config.rootpath / (project or "."), functions


def _option(config: pytest.Config, name: str) -> str | None:
    given = config.getini(name)
    return given if isinstance(given, str) and given else None


def _settings_in(folder: Path) -> dict[str, str]:
    file = folder / "pyproject.toml"
    settings: dict[str, str] = {}
    for name, value in (_section_of(file) if file.is_file() else {}).items():
        if name not in (_PROJECT, _FUNCTIONS):
            raise pytest.UsageError(
                f"{file}: [tool.convexgen.testing] has no setting {name!r}, "
                f"only {_PROJECT}, {_FUNCTIONS}"
            )
        if not isinstance(value, str):
            raise pytest.UsageError(
                f"{file}: [tool.convexgen.testing] {name} must be a string, not {value!r}"
            )
        settings[name] = value
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
