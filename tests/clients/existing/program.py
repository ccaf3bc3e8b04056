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
    ConvexStorage,
    Embedding,
    EmbeddingChanges,
    EmbeddingNothing,
    EmbeddingPlace,
    Frame,
    Grade,
    InvalidArgument,
    Position,
    Range,
    StorageId,
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


with ConvexStorage(os.environ["CONVEX_URL"], deploy_key=os.environ["CONVEX_DEPLOY_KEY"]) as opened:
    ids(opened)
    names(opened)
    values(opened)
print("done")
