from typing import Any


def use(storage: Any, package: Any) -> None:
    before = storage.functions.commits.last().at
    assert type(before) is int
    assert storage.functions.commits.last().at > before
