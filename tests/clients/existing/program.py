"""What the client does with tables of every kind that Convex takes."""

import os

from existing_convex import (
    Around,
    Avatar,
    ChannelsDocId,
    ConvexStorage,
    Frame,
    InvalidArgument,
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


with ConvexStorage(os.environ["CONVEX_URL"], deploy_key=os.environ["CONVEX_DEPLOY_KEY"]) as opened:
    ids(opened)
    names(opened)
print("done")
