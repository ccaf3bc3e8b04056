"""Events of each form, metrics that nothing tells apart, and documents of anything."""

from events_convex import (
    MISSING,
    ConvexStorage,
    EventClick,
    EventCustom,
    EventPage,
    Metric1,
    Metric2,
    Range,
    TrackEventEvent,
    TrackEventEvent2,
    TrackEventEvent2Target,
    TrackEventEvent3,
)

with ConvexStorage.from_env() as storage:
    track = storage.functions.track
    for event in (
        TrackEventEvent(session="s", at=1, path="/"),
        TrackEventEvent2(session="s", at=2, target=TrackEventEvent2Target(x=1.5, y=-0.5)),
        TrackEventEvent3(session="t", at=3, data={"seen": [None, 1.5, b"\x01", "ü"]}),
    ):
        track.event(event=event)
    track.rest(raw={"a": {"b": [True]}, "c": 2.5})

    page, click = storage.events.by_session("s")
    assert isinstance(page, EventPage)
    assert (page.path, page.referrer) == ("/", MISSING)
    assert isinstance(click, EventClick)
    assert (click.target.x, click.target.y) == (1.5, -0.5)
    assert storage.events.by_session("s", at=Range(gt=1)).all() == [click]
    (custom,) = storage.events.by_type("custom")
    assert isinstance(custom, EventCustom)
    assert custom.data == {"seen": [None, 1.5, b"\x01", "ü"]}
    (size,) = storage.metrics.by_name("size")
    assert isinstance(size, Metric1)
    assert size.count == 3
    (state,) = storage.metrics.by_name("state")
    assert isinstance(state, Metric2)
    assert state.text == "good"
    (raw,) = storage.raw.list()
    assert raw.fields == {"a": {"b": [True]}, "c": 2.5}
    assert len(storage.empty.list().all()) == 1
print("done")
