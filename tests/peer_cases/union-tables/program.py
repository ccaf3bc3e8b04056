from typing import Any

import pytest


def use(storage: Any, package: Any) -> None:
    click = storage.events.save(package.EventClick(event_id="a", x=1))
    press = storage.events.save(package.EventKeyPress(event_id="b", key="Enter"))
    assert (type(click), type(press)) == (package.EventClick, package.EventKeyPress)
    assert list(storage.events.list()) == [click, press]
    assert list(storage.events.by_key("Enter")) == [press]
    assert storage.events.update("a", x=2).x == 2
    with pytest.raises(package.InvalidArgument, match='`key` is no field where `kind` is "click"'):
        storage.events.update("a", key="Tab")
