from typing import Any


def use(storage: Any, package: Any) -> None:
    note = package.Note(note_id="n", size=-(2**63), sizes=[2**63 - 1, 0], by_size={"a": 1})
    found = storage.notes.save(note)
    assert (found.size, found.sizes, found.by_size) == (-(2**63), [2**63 - 1, 0], {"a": 1})
    assert found.size + 1 < 0
    assert {type(found.size), type(found.sizes[0]), type(found.by_size["a"])} == {int}
