from typing import Any


def use(storage: Any, package: Any) -> None:
    with storage.notes.watch("n") as snapshots:
        assert next(snapshots) is None
        saved = storage.notes.save(package.Note(note_id="n", text="t"))
        assert next(snapshots) == saved
