"""A game, whose scores a component counts."""

from scores_convex import ConvexStorage

with ConvexStorage.from_env() as storage:
    games = storage.functions.games
    made = games.play(points={"ann": 12, "bob": 7.5, "bot": 3})
    assert [games.rank(points=points) for points in (3, 7.5, 100)] == [0, 1, 3]

    (game,) = storage.games.list()
    ann, bob = storage.players.by_is_bot_and_best(False, order="desc")
    assert (ann.name, ann.best, bob.name) == ("ann", 12, "bob")
    assert (game.doc_id, game.winner, game.seed) == (made, ann.doc_id, -1)
    assert game.board == [["x", None], ["o", "x"]]
    (score,) = storage.scores.by_game_and_player(made, bob.doc_id)
    assert score.points == 7.5
print("done")
