"""Any spec is compared with any other one: each change has its places, and none is of no change."""

from __future__ import annotations

from functools import cache, partial
from itertools import product
from pathlib import Path

import pytest
from convexgen.changes.diff import changes_between
from convexgen.frontend import Loaded, load_system
from included import read_included
from project import ROOT

SPECS = sorted(
    path
    for pattern in ("cases/good-*/spec.yaml", "cases/warned-*/spec.yaml", "golden/*/spec.yaml")
    for path in (ROOT / "tests").glob(pattern)
)


@cache
def loaded(path: Path) -> Loaded:
    text = path.read_text(encoding="utf-8")
    return load_system(text, path.name, partial(read_included, root=path.parent))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_a_spec_and_all_others(path: Path) -> None:
    before = loaded(path)
    assert before.system is not None
    for other in SPECS:
        after = loaded(other)
        assert after.system is not None
        changes = changes_between(before.system, after.system)
        assert not changes or path != other
        for change in changes:
            assert before.source.span(change.before).file in before.source.texts
            assert after.source.span(change.after).file in after.source.texts


def test_there_are_many() -> None:
    assert len(list(product(SPECS, SPECS))) > 400
