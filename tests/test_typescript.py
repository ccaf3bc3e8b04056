"""The generated TypeScript client, from Node, against the functions that it comes with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


def test_client(backend: EmbeddedBackend, tmp_path: Path) -> None:
    program = bundle(ROOT / "tests" / "typescript" / "client.test.ts", tmp_path)
    run_node(["--test", program], backend)
