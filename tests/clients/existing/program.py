"""What the client does with tables of every kind that Convex takes."""

import os
from datetime import UTC, datetime
from typing import Unpack

from existing_convex import (
    UNSET,
    AlreadyExists,
    Around,
    Avatar,
    ChannelsDocId,
    Code,
    Commit,
    CommitInner,
    Contains,
    ConvexStorage,
    Embedding,
    EmbeddingChanges,
    EmbeddingNothing,
    EmbeddingPlace,
    Frame,
    Grade,
    Home,
    In,
    Increment,
    InvalidArgument,
    Note,
    Note1,
    Note2,
    Note3,
    NoteChanges,
    NoteSpot,
    Plain1,
    Plain2,
    Position,
    PrefixedKey,
    Range,
    Run,
    RunPlace,
    RunStateDone,
    RunStateFailed,
    RunStatePending,
    Session,
    ShiftDay,
    ShiftNight,
    Stamp,
    StampChanges,
    StampInnerPart,
    StampInnerPart2,
    StampPlace,
    StampShapeCircle,
    StampShapePoint,
    StorageId,
    Visit,
    Word,
)


def ids(storage: ConvexStorage) -> None:
    made = storage.functions.own.prepare()
    channels = [made.channel]
    avatar = storage.avatars.create(
        Avatar(
            image=made.file,
            job=made.job,
            thumbnail=made.file,
            channel=made.channel,
            seen={made.channel: 2, made.file: 1},
            several=[made.file, *channels],
        )
    )
    assert storage.avatars.get(made.file) == avatar
    assert storage.avatars.by_job(made.job).all() == [avatar]
    assert storage.avatars.by_job(None).all() == []
    storage.frames.save(Frame(frame_id="oak", image=made.file))
    storage.avatars.delete(made.file)
    assert storage.frames.get("oak") is None
    for wrong in (made.channel, "nowhere"):
        try:
            storage.avatars.save(Avatar(image=StorageId(wrong), job=None, several=[]))
        except InvalidArgument:
            continue
        raise AssertionError(wrong)
    unknown: list[ChannelsDocId | StorageId] = []
    storage.avatars.save(Avatar(image=made.file, job=None, several=unknown))


def word(number: int) -> Word:
    """Each field has the number, but for the ID, which has a letter before it."""
    names = Word.model_fields.keys() - {"word_id", "include", "order_", "embedding", "doc_id"}
    texts = {name: str(number) for name in names - {"creation_time"}}
    other = {"word_id": f"w{number}", "include": f"w{number - 1}", "order_": float(number)}
    return Word.model_validate({**texts, **other, "embedding": [float(number), 1, 0]})


def names(storage: ConvexStorage) -> None:
    words = storage.words
    words.save_many(map(word, range(3)))
    first, second, third = words.get_many(["w0", "w1", "w2"])
    assert words.by_order("1").all() == [second]
    assert words.by_order("1", order_=Range(gte=1)).all() == [second]
    assert words.by_order("1", order_=Range(gt=1)).all() == []
    assert words.by_order("0", order="desc").first() == first
    counted = words.by_key("2", "2", "2")
    assert counted.count() == 1
    assert counted.rank("w2") == 0
    assert counted.page(offset=0, limit=5).items == [third]
    assert words.by_key("1", "2", "2").count() == 0
    assert words.among("1", "1", where={"order": "1", "full": "1"}).all() == [second]
    assert words.among("1", "1", where={"order": "2"}).count() == 0
    (window,) = words.nearby("1", "1").around_many([Around("w1", before=1, after=1)])
    assert window is not None
    assert window.item == second
    assert words.search("2", limit_="2", search_="2", order_="2").all() == [third]
    assert words.search("2", search_="1").all() == []
    assert words.list2("1", limit_="1").all() == [second]
    assert words.nearest([2, 1, 0], limit=1)[0].item == third
    assert words.nearest([2, 1, 0], vector_="1")[0].item == second
    assert words.list_("1", "1").all() == [second]
    (found,) = words.list_("1", "1", include=["same"])
    assert found.item == second
    assert found.same == first
    assert words.by_order("1", order_=Range(gte=1)).update(set={"full": "x"}) == 1
    assert words.by_order("1").first() == words.get("w1") != second
    assert words.by_where("1", "1").delete() == 1


def embedding(number: int, **more: Unpack[EmbeddingChanges]) -> Embedding:
    made = Embedding(
        embedding_id=f"e{number}",
        owner=["a", str(number)],
        state=Position(x=number),
        counts={"a": number},
        place=EmbeddingPlace(city="Oslo"),
        flags=[True],
        embedding=[float(number), 1],
        nothing=EmbeddingNothing(),
        size="",
        grade=Grade.EMPTY,
    )
    return made.model_copy(update={**more})


def values(storage: ConvexStorage) -> None:
    stored = storage.embeddings
    first = stored.create(embedding(1, args={"deep": [1, None, b"x"]}, ratio=0.5, done=True))
    place = EmbeddingPlace(city="Oslo", at=datetime(2026, 1, 2, tzinfo=UTC))
    more = embedding(2, place=place, flags="on", size="m", args={"absent": False})
    second = stored.create(more)
    assert str(first.zero) == "-0.0"
    assert stored.by_owner(["a", "1"]).all() == [first]
    assert stored.by_owner(["1", "a"]).all() == []
    assert stored.by_args({"deep": [1, None, b"x"]}, "e1").all() == [first]
    assert stored.by_args({"deep": [1, None, b"y"]}, "e1").all() == []
    assert stored.by_args(UNSET, "e1").all() == []
    assert stored.by_args({"absent": False}, "e2").all() == [second]
    assert stored.by_state_and_counts(Position(x=1), {"a": 1}).all() == [first]
    assert stored.by_state_and_counts(Position(x=1, y=0), {"a": 1}).all() == []
    assert stored.by_state_and_counts(None, {"a": 1}).all() == []
    assert stored.by_place(place).all() == [second]
    assert stored.by_flags([True]).all() == [first]
    assert stored.by_flags("on").all() == [second]
    assert stored.by_embedding([2, 1]).all() == [second]
    assert stored.by_nothing(EmbeddingNothing()).all() == [first, second]
    assert stored.by_size_and_grade("", Grade.EMPTY).all() == [first]
    assert [one.item for one in stored.nearest_near([1, 1], owner=["a", "2"])] == [second]
    assert [one.item for one in stored.nearest_near([1, 1], place=place)] == [second]
    assert stored.search_size("m", owner=["a", "2"], state=Position(x=2)).all() == [second]
    assert stored.search_size("m", owner=["a", "1"]).all() == []
    assert stored.by_order(UNSET).all() == [first, second]
    assert stored.search_size("m", limit_=UNSET).all() == [second]
    assert stored.search_size("m", limit_=[1]).all() == []
    assert stored.search_flags("on").all() == [second]
    assert stored.search_counts("a").all() == []
    taken: tuple[EmbeddingChanges, ...] = ({"ratio": 0.5}, {"done": True}, {"owner": ["a", "1"]})
    for changes in taken:
        try:
            stored.create(embedding(3, **changes))
        except AlreadyExists:
            continue
        raise AssertionError(changes)


SINCE = datetime(2026, 1, 2, tzinfo=UTC)


def save_runs(storage: ConvexStorage) -> None:
    runs = storage.runs
    home = Home(grade=Grade.A, tags=["x"], position=Position(x=1), inner=Code(code=5))
    oslo = RunPlace(city="Oslo", full="Karl Johan street", since=SINCE)
    north = Home(grade=Grade.EMPTY, tags=[], direction=[1, 0])
    pending = RunStatePending()
    runs.save_many(
        [
            Run(run_id="r0", state_type="s", state=pending, place=oslo, embedding=[1, 0]),
            Run(
                run_id="r1",
                state_type="s",
                state=RunStateFailed(at=1),
                place=oslo,
                home=home,
                more={"of": {"it": [1, "x"]}},
                embedding=[0, 1],
            ),
            Run(
                run_id="r2",
                state_type="t",
                state=RunStateDone(at=2),
                place=RunPlace(city="Bergen"),
                home=None,
                embedding=[1, 1],
            ),
            Run(
                run_id="r3",
                state_type="t",
                state=RunStateDone(at=3),
                place=RunPlace(city="Oslo", full="King street"),
                home=north,
                embedding=[2, 1],
            ),
        ]
    )


def paths(storage: ConvexStorage) -> None:
    """Equality and bounds, also where some objects have no such field."""
    runs = storage.runs
    first, second, third, fourth = runs.list()
    assert runs.latest("done").all() == [fourth, third]
    assert runs.latest("done", state_at=Range(gt=2)).all() == [fourth]
    assert runs.latest("pending").all() == [first]
    assert runs.latest("pending", state_at=UNSET).all() == [first]
    assert runs.latest("failed", state_at=UNSET).all() == []
    assert runs.by_types("s", "failed").all() == [second]
    assert runs.by_home(Grade.A, 5).all() == [second]
    assert runs.by_home(Grade.A, 5, place_since=Range(gte=SINCE)).all() == [second]
    assert runs.by_home(Grade.A, 5, place_since=Range(gt=SINCE)).all() == []
    assert runs.by_home(Grade.A, UNSET).all() == []
    assert runs.by_home(Grade.EMPTY, UNSET, place_since=UNSET).all() == [fourth]
    assert runs.by_home(UNSET, UNSET).all() == [third, first]
    assert runs.by_position(Position(x=1), "Oslo").all() == [second]
    assert runs.by_position(Position(x=2), "Oslo").all() == []
    assert runs.by_tags(["x"]).all() == [second]
    assert runs.by_tags(UNSET).all() == [first, third]
    assert runs.by_more([1, "x"]).all() == [second]
    assert runs.by_more("x").all() == []
    assert runs.by_cities(place_city=UNSET, place_city_="Bergen").all() == [third]
    assert runs.by_more(UNSET).all() == [first, third, fourth]
    (window,) = runs.latest("done").around_many([Around("r2", before=1, after=1)])
    assert window is not None
    assert (window.before, window.item, window.after) == ([fourth], third, [])
    assert runs.latest("done").around_many([Around("r1", before=1, after=1)]) == [None]


def conditions_on_paths(storage: ConvexStorage) -> None:
    runs = storage.runs
    first, second, third, fourth = runs.list()
    found = runs.in_city("Oslo")
    assert found.all() == [first, second, fourth]
    assert runs.in_city("Oslo", where={"state_type_": "done"}).all() == [fourth]
    assert runs.in_city("Oslo", where={"state_type": "s"}).all() == [first, second]
    assert runs.in_city("Oslo", where={"state_type_": In(["failed", "done"])}).count() == 2
    assert runs.in_city("Oslo", where={"home_grade": UNSET}).all() == [first]
    assert runs.in_city("Oslo", where={"home_inner_code": Range(gte=5)}).all() == [second]
    assert runs.in_city("Oslo", where={"home_tags": Contains("x")}).all() == [second]
    assert runs.in_city("Oslo", where={"state_at": Range(gt=1)}).all() == [fourth]
    page = found.page(limit=2)
    assert [*page] == [first, second]
    assert [*found.page(limit=2, cursor=page.cursor)] == [fourth]
    assert len(runs.search_full("street", place_city="Oslo").all()) == 3
    assert runs.search_full("street", home_grade=Grade.A).all() == [second]
    assert runs.search_full("street", home_grade=UNSET).all() == [first]
    near = [one.item for one in runs.nearest_near_run([1, 0], place_city="Bergen")]
    assert near == [third]
    assert [one.item for one in runs.nearest_near_run([1, 0], home_inner_code=5)] == [second]
    assert [one.item for one in runs.nearest_near_home([1, 0])] == [fourth]
    try:
        runs.nearest_near_run([1, 0], place_city="Oslo", home_inner_code=5)
    except InvalidArgument:
        pass
    else:
        raise AssertionError("two filters")


def writes_of_what_paths_find(storage: ConvexStorage) -> None:
    """What documents are found in the order of stays, and no copy is copied."""
    runs = storage.runs
    pending = RunStatePending()
    try:
        runs.latest("done").update(set={"state": pending})
    except InvalidArgument:
        pass
    else:
        raise AssertionError("moved")
    assert runs.latest("done", state_at=Range(gt=2)).update(set={"state_type": "u"}) == 1
    done = RunStateDone(at=9)
    found = runs.by_types("s", "pending")
    assert found.copy(key={"run_id": PrefixedKey("c/")}, set={"state": done}) == 1
    assert found.copy(key={"run_id": PrefixedKey("d/")}, set={"state": pending}) == 1
    assert found.update(set={"state": done}) == 2
    assert [one.run_id for one in runs.by_types("s", "done")] == ["r0", "c/r0", "d/r0"]
    assert runs.latest("done", state_at=Range(gte=9)).delete() == 3
    assert runs.by_types("s", "done").all() == []


def attributes(storage: ConvexStorage) -> None:
    """Fields that Python calls otherwise than its rule has it."""
    stamps = storage.stamps
    first = stamps.save(
        Stamp(
            code="s1",
            created=1,
            document="first one",
            foo_bar="a",
            foo_bar_2=2,
            position=1,
            place=StampPlace(zip_code="z", zip_2=5),
            inner_part=StampInnerPart(a=1),
            inner_part_2=StampInnerPart2(a="a"),
            shape=StampShapeCircle(radius=1),
        )
    )
    second = stamps.create(
        Stamp(
            code="s2",
            created=2,
            document="second one",
            foo_bar="a",
            position=2,
            place=StampPlace(zip_code="y"),
            shape=StampShapePoint(),
        )
    )
    assert (first.created, first.document) == (1, "first one")
    assert isinstance(first.shape, StampShapeCircle)
    assert first.shape.which == "circle"
    assert first.place == StampPlace(zip_code="z", zip_2=5)
    assert stamps.get("s1") == first == stamps.get(code="s1")
    assert stamps.get_by_doc_id_(document="second one") == second
    assert stamps.by_created(1, foo_bar="a").all() == [first]
    assert stamps.by_foo(foo_bar_2=2, foo_bar="a", position=Range(gte=1)).all() == [first]
    assert stamps.by_foo(UNSET, "a").all() == [second]
    assert stamps.by_zip(place_zip_code=5, document="first one").all() == [first]
    assert stamps.latest(foo_bar="a", created=Range(gt=1)).all() == [second]
    found = stamps.find_stamps(
        document="first one",
        where={
            "created": Range(lt=2),
            "foo_bar_2": In([2, "b"]),
            "foo_bar": "a",
            "position": 1,
            "place_zip_code": 5,
        },
    )
    assert found.all() == [first]
    assert stamps.search_doc("one", foo_bar_2=2, position=1, created=1).all() == [first]
    assert stamps.texts_of("first").all() == [first]
    changed = stamps.update("s1", created=5, foo_bar_2=None, expected={"position": 1})
    assert (changed.created, changed.foo_bar, changed.foo_bar_2) == (5, "a", None)
    assert stamps.update("s1", position=Increment(3)).position == 4
    made = stamps.upsert("s3", set={"foo_bar_2": 1}, create=creation())
    assert (made.code, made.document, made.foo_bar_2) == ("s3", "third one", 1)
    assert Stamp.model_validate_json(made.model_dump_json()) == made
    shifts = storage.shifts
    day = shifts.create(ShiftDay(created=1, foo_bar=2))
    night = shifts.create(ShiftNight(created=1, foo_bar_2=3))
    assert (day.which, night.which) == ("day", "night")
    assert shifts.get(night.doc_id) == night
    assert shifts.by_both("night", foo_bar_2=3).all() == [night]
    assert shifts.update(night.doc_id, foo_bar_2=4, created=2, until=7) == shifts.get(night.doc_id)
    assert shifts.get_many([day.doc_id, night.doc_id])[0] == day


def commits(storage: ConvexStorage) -> None:
    """Times of commits, which functions store before they are known."""
    stored = storage.commits
    first, second = (stored.get(storage.functions.own.commit()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert 0 < first.at < second.at
    assert first.inner.all == [first.at, 5]
    assert stored.by_at(at=Range(gt=first.at)).all() == [second]
    third = stored.create(Commit(at=7, inner=CommitInner(all=[]), before=second.at))
    assert stored.get_by_before(second.at) == third
    found = stored.find_commits(where={"at": In([7, second.at]), "before": UNSET})
    assert found.all() == [second]
    assert stored.update(third.doc_id, at=first.at, before=None).at == first.at


def shapes(storage: ConvexStorage) -> None:
    """Documents of several shapes without a tag are of that which they fit."""
    notes = storage.notes
    text = notes.save(Note1(note_id="n1", at=1, text="hello there"))
    data = notes.create(Note2(note_id="n2", at=2, image=b"x"))
    link = notes.create(Note3(note_id="n3", at=3, image="x", of=text.doc_id))
    spot = notes.save(NoteSpot(note_id="n4", at=4, x=0.5, y=1))
    every: list[Note] = [text, data, link, spot]
    assert [type(one) for one in notes.list()] == [Note1, Note2, Note3, NoteSpot]
    assert notes.list().all() == every
    assert notes.get("n3") == link == notes.get_by_at(3)
    assert notes.get_many(["n4", "n1"]) == [spot, text]
    assert notes.by_image("x").all() == [link]
    assert notes.by_image(b"x").all() == [data]
    assert notes.by_text_and_at(UNSET, at=Range(gte=3)).all() == [link, spot]
    assert notes.find_notes(where={"x": Range(gt=0)}).all() == [spot]
    assert notes.search_notes("hello", language=UNSET).all() == [text]
    assert notes.update("n1", language="en", text="bye") == notes.get("n1")
    assert notes.update("n4", y=UNSET, at=5) == NoteSpot(
        note_id="n4", at=5, x=0.5, doc_id=spot.doc_id, creation_time=spot.creation_time
    )
    assert notes.update("n3", image="y", of=None) == notes.get("n3")
    wrong: tuple[NoteChanges, ...] = ({"text": "a"}, {"size": 1}, {"image": b"y"}, {"x": 1})
    for changes in wrong:
        try:
            notes.update("n3", **changes)
        except InvalidArgument:
            continue
        raise AssertionError(changes)
    assert notes.save(Note1(note_id="n4", at=4, text="a")) == notes.get("n4")
    plains = storage.plains
    image = plains.create(Plain2(at=1, image="i"))
    assert plains.get(image.doc_id) == image
    assert plains.by_at(at=1).all() == [image]
    assert isinstance(plains.replace(image.doc_id, Plain1(at=1, text="t")), Plain1)


def any_fields(storage: ConvexStorage) -> None:
    sessions = storage.sessions
    given = {
        "user": "u",
        "place": {"city": "Oslo"},
        "at": 5.0,
        "text": "a red house",
        "embedding": [1.0, 0.0],
        "fields": b"x",
        "docId": None,
    }
    first = sessions.get(storage.functions.own.insert_any(document=given))
    assert first is not None
    assert first.fields == given
    other = sessions.get(storage.functions.own.insert_any(document={}))
    assert other is not None
    assert other.fields == {}
    assert sessions.list().all() == [first, other]
    assert sessions.by_user("u").all() == [first]
    assert sessions.by_user(UNSET).all() == [other]
    assert sessions.by_place("Oslo", 5).all() == [first]
    assert sessions.search_text("house", user="u").all() == [first]
    assert [one.item for one in sessions.nearest_near([1, 0])] == [first]
    with sessions.watch(first.doc_id) as snapshots:
        assert next(snapshots) == first
    assert Session.model_validate_json(first.model_dump_json()) == first
    assert Session(fields={"_x": 1}).fields == {"_x": 1}
    storage.visits.create(Visit(session=first.doc_id))
    (visit,) = storage.visits.list(include=["session"])
    assert visit.session == first


def creation() -> StampChanges:
    return {
        "created": 3,
        "document": "third one",
        "foo_bar": 3,
        "position": 3,
        "place": StampPlace(zip_code="x"),
        "shape": StampShapePoint(),
    }


with ConvexStorage(os.environ["CONVEX_URL"], deploy_key=os.environ["CONVEX_DEPLOY_KEY"]) as opened:
    ids(opened)
    names(opened)
    values(opened)
    save_runs(opened)
    paths(opened)
    conditions_on_paths(opened)
    writes_of_what_paths_find(opened)
    attributes(opened)
    commits(opened)
    shapes(opened)
    any_fields(opened)
print("done")
