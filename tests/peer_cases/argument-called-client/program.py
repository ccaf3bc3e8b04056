from typing import Any


def use(storage: Any, package: Any) -> None:
    assert storage.functions.reports.of(client="c", self_="s") == "c of s"
    note = storage.notes.save(package.Note(note_id="n", client="c", self_="s"))
    assert list(storage.notes.by_client_and_self("c", self_="s")) == [note]
