"""Where tests look for other versions of Python."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from environments import VERSIONS, interpreter


@pytest.mark.parametrize(
    ("variable", "folder"),
    [("PYENV_ROOT", "versions/3.99.1"), ("UV_PYTHON_INSTALL_DIR", "cpython-3.99.1-linux-x86_64")],
)
def test_fault_02_a_python_that_no_path_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, folder: str
) -> None:
    """That of pyenv or uv is found, also behind a shim that says that it is not in use."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "none"))
    monkeypatch.setenv(variable, str(tmp_path / "root"))
    programs = {
        tmp_path / "shims" / "python3.99": "exit 127",
        tmp_path / "root" / folder / "bin" / "python3.99": "exit 0",
    }
    for path, what in programs.items():
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{what}\n")
        path.chmod(0o755)
    shim, python = programs
    monkeypatch.setenv("PATH", str(shim.parent))
    assert interpreter("3.99") == python
    assert interpreter("3.9") is None
    python.write_text("#!/bin/sh\nexit 1\n")
    assert interpreter("3.99") is None


def test_fault_02_the_running_python_is_one() -> None:
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert running in VERSIONS
    assert interpreter(running) == Path(sys.executable)
