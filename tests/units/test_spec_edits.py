"""Edits of a spec's text beside what a dictionary makes of the same."""

from __future__ import annotations

from typing import Any

import yaml
from convexgen.importing.editing import Edits
from convexgen.source.nodes import Mapping
from convexgen.source.parse import parse
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("a", "b", "c", "d", "e")
STEPS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("remove", "set")))


@given(st.lists(st.sampled_from(NAMES), unique=True, min_size=1), STEPS, st.booleans(), st.data())
def test_entries_are_removed_set_and_added_together(
    names: list[str], steps: dict[str, str], flow: bool, data: st.DataObject
) -> None:
    removed = [name for name in names if steps.get(name) == "remove"]
    # A block mapping without entries is for who edits its parent.
    added = data.draw(st.integers(0 if flow or len(removed) < len(names) else 1, 2))
    if flow:
        text = f"x: {{{', '.join(f'{name}: [{name}]' for name in names)}}} # end\ny: 1\n"
    else:
        text = "x:\n" + "".join(f"  # of {name}\n  {name}: [{name}] # {name}\n" for name in names)
        text += "y: 1\n"
    source, wrong = parse(text, "spec.yaml")
    assert not wrong
    assert source.root is not None
    mapping = source.root.entries["x"].value
    assert isinstance(mapping, Mapping)
    expected: dict[str, Any] = {name: [name] for name in names}
    edits = Edits(text)
    for name in removed:
        edits.remove(mapping, name)
        del expected[name]
    new: dict[str, Any] = {f"new{number}": [str(number)] for number in range(added)}
    edits.add(mapping, new, ("x",))
    expected |= new
    for name in names:
        if steps.get(name) == "set":
            edits.set(mapping, ("x", name), ["z"])
            expected[name] = ["z"]
    edited = edits.apply()
    assert list(yaml.safe_load(edited).items()) == [("x", expected), ("y", 1)]
    assert list(yaml.safe_load(edited)["x"]) == list(expected)
    assert ("# end" in edited) == flow
