from typing import Any


def use(storage: Any, package: Any) -> None:
    assert [str(one) for one in package.Tone] == ["a-b", "a b", "a_b", "A-B"]
    for tone in package.Tone:
        assert storage.notes.save(package.Note(note_id="n", tone=tone)).tone is tone
