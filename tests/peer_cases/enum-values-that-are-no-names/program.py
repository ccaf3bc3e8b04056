from typing import Any


def use(storage: Any, package: Any) -> None:
    assert [str(one) for one in package.Reaction] == ["+1", "1st", "a/b", 'say "hi"', "*/"]
    for reaction in package.Reaction:
        note = package.Note(note_id="n", reaction=reaction)
        assert storage.notes.save(note).reaction is reaction
