from typing import Any


def use(storage: Any, package: Any) -> None:
    assert storage.functions.a.of() == "a"
    assert storage.functions.a_b.of() == "a/b"
