"""What the client does with tables of every kind that Convex takes."""

import os

from existing_convex import Avatar, ChannelsDocId, ConvexStorage, Frame, InvalidArgument, StorageId


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


with ConvexStorage(os.environ["CONVEX_URL"], deploy_key=os.environ["CONVEX_DEPLOY_KEY"]) as opened:
    ids(opened)
print("done")
