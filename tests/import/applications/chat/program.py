"""People write in a room, with an image and a reaction."""

from chat_convex import MISSING, UNSET, ConvexStorage, MessageBodyImage, MessageBodyText

with ConvexStorage.from_env() as storage:
    functions = storage.functions
    room = functions.rooms.open(slug="plans", names=["ann", "bob"])
    hello = functions.messages.send(room=room, name="ann", text="hello bob")
    image = functions.messages.upload(room=room, name="bob", bytes_=b"\x00\xff")
    functions.messages.react(message=hello, name="bob", sign="+1")

    found = storage.rooms.by_slug("plans").first()
    assert found is not None
    assert (found.doc_id, found.topic, found.last_message) == (room, None, image)
    (ann,) = storage.members.by_room_and_name(room, "ann")
    (bob,) = storage.members.by_room_and_name(room, "bob")
    assert (ann.role, ann.last_seen, bob.role, bob.name) == ("admin", MISSING, "member", "bob")
    assert storage.members.by_last_seen(last_seen=UNSET).all() == [ann, bob]

    first, second = storage.messages.by_room(room)
    assert first.doc_id == hello
    assert first.body == MessageBodyText(text="hello bob")
    assert (first.author, first.words) == (ann.doc_id, "hello bob")
    assert first.reactions == {"+1": [bob.doc_id]}
    assert isinstance(second.body, MessageBodyImage)
    assert second.body.size is not MISSING
    assert second.body.size.width == 640
    assert storage.messages.by_kind(room, "image").all() == [second]
    assert storage.messages.words("hello", room=room).all() == [first]
print("done")
