"""Cards are added to columns, and moved."""

from board_convex import MISSING, UNSET, CardsAddLabels, ConvexStorage, Range

with ConvexStorage.from_env() as storage:
    cards = storage.functions.cards
    made = cards.create(name="house", columns=["to do", "done"])
    to_do, done = made.columns
    paint = cards.add(
        column=to_do, title="paint", priority=2, labels=[CardsAddLabels(text="in", hue=0.25)]
    )
    roof = cards.add(column=to_do, title="roof", priority="someday")
    tiles = cards.add(column=to_do, title="tiles", priority=0, parent=roof)
    cards.move(card=paint, column=done, order=0.5)

    (board,) = storage.boards.by_color("teal")
    assert board.doc_id == made.board
    assert board.settings.limits is not MISSING
    assert board.settings.limits.per_column == 3
    assert storage.boards.archived(archived_at=UNSET).all() == [board]
    assert [one.name for one in storage.columns.order(made.board)] == ["to do", "done"]
    assert [one.doc_id for one in storage.cards.column(to_do)] == [roof, tiles]
    (moved,) = storage.cards.column(done, order_=Range(lt=1))
    assert [(one.text, one.hue) for one in moved.labels] == [("in", 0.25)]
    assert (moved.title, moved.order, moved.priority, moved.estimate) == ("paint", 0.5, 2, 1.5)
    (someday,) = storage.cards.by_board_and_priority(made.board, "someday")
    assert (someday.doc_id, someday.estimate, someday.parent) == (roof, "unknown", None)
    assert [one.doc_id for one in storage.cards.by_parent(roof)] == [tiles]
    assert [one.doc_id for one in storage.cards.by_parent(None)] == [paint, roof]
print("done")
