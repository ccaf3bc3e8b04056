"""Unions whose objects a named enum tells apart, through the client."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import ROOT, make_project
from pydantic import ValidationError

SPEC = ROOT / "tests" / "cases" / "good-enum-tags" / "spec.yaml"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    project = make_project(tmp_path_factory.mktemp("tags") / "project", SPEC)
    project.generate()
    sys.path.insert(0, str(project.root / "generated" / "python"))
    package = importlib.import_module("events_convex")
    with (
        EmbeddedBackend.start(project.root) as backend,
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened,
    ):
        yield opened


@pytest.fixture
def events(storage: Any) -> Any:
    return importlib.import_module("events_convex")


def test_values_come_back_as_members_of_their_enum(storage: Any, events: Any) -> None:
    inner = importlib.import_module("events_convex.events")
    moved = events.Moved(kind=events.Motion.A_B, distance=0.5, then=events.Motion.DROP)
    pressed = events.Pressed(kind=events.Key.RELEASE, code="esc")
    event = events.Event(
        event_id="e",
        happened=events.Pointed(x=1, y=2),
        all=[moved, pressed],
        in_place=inner.EventInPlacePress(type=events.Key.PRESS, code="tab"),
        motion=events.Motion.DRAG,
    )
    assert event.happened.kind is events.Click.CLICK
    saved = storage.events.save(event)
    assert saved == storage.events.get("e")
    assert [type(one) for one in saved.all] == [events.Moved, events.Pressed]
    assert saved.all[0].kind is events.Motion.A_B
    assert saved.in_place.type is events.Key.PRESS
    changed = storage.events.update(
        "e", happened=moved, in_place=inner.EventInPlaceText(text="t"), expected={"all": saved.all}
    )
    assert (changed.happened, changed.in_place.text) == (moved, "t")


def test_the_tag_tells_what_a_value_is(storage: Any, events: Any) -> None:
    event = events.Event(event_id="m", happened={"kind": "drop", "distance": 1})
    assert event.happened == events.Moved(kind=events.Motion.DROP, distance=1)
    with pytest.raises(ValidationError, match=r"Input tag 'jump' .* does not match"):
        events.Event(event_id="m", happened={"kind": "jump", "distance": 1})
    with pytest.raises(
        ValidationError, match=r"happened\.moved\.distance|happened\.drop\.distance"
    ):
        events.Event(event_id="m", happened={"kind": "drop", "distance": -1})


def test_the_functions_check_the_object_that_the_tag_names(storage: Any, events: Any) -> None:
    pressed = events.Pressed.model_construct(kind=events.Key.PRESS, code="long")
    event = events.Event.model_construct(event_id="p", happened=pressed)
    with pytest.raises(events.InvalidArgument, match=r"`happened\.code` must have at most 3"):
        storage.events.save(event)
