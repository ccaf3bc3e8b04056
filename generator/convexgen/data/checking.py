"""A file of records, checked wholly before anything of it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convexgen.data.files import read
from convexgen.data.records import DataError, Records

MOST_PROBLEMS = 20


class Problems(Exception):
    """What is wrong in a file, line by line; the first ones."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("\n".join(found))
        self.found = found


def check(path: Path, form: str, records: Records) -> int:
    """How many documents a file has. Raises Problems."""
    problems: list[str] = []
    places: dict[bytes, str] = {}
    count = 0
    try:
        for place, encoded in read(path, form, records):
            count += 1
            try:
                entity = records.entity(encoded)
                first = places.setdefault(records.key(entity), place) if records.has_key else place
            except DataError as error:
                problems.append(f"{place}: {error}")
            else:
                if first != place:
                    problems.append(f"{place}: its key is that of {first}")
            if len(problems) == MOST_PROBLEMS:
                break
    except DataError as error:
        problems.append(str(error))
    if problems:
        raise Problems(problems)
    return count


def entities(path: Path, form: str, records: Records) -> Iterator[Any]:
    """The documents of a file. Raises DataError for one that is not as it was when checked."""
    for place, encoded in read(path, form, records):
        try:
            yield records.entity(encoded)
        except DataError as error:
            raise DataError(f"{place}: {error}") from None


def fingerprint(path: Path) -> str:
    """The hash of what is in a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
