from typing import Any


def use(storage: Any, package: Any) -> None:
    assert storage.functions.admin_summary.summary() == "default"
