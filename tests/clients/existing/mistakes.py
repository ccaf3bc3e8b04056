from existing_convex import Avatar, ConvexStorage, Range, StorageId

with ConvexStorage("http://127.0.0.1:1", deploy_key="k") as storage:
    storage.avatars.get("text")  # wrong
    job = storage.functions.own.prepare().job
    Avatar(image=job, job=None, several=[])  # wrong
    Avatar(image=StorageId("s"), job=None, channel=job, several=[])  # wrong
    storage.words.by_order("a", order="b")  # wrong
    storage.commits.by_at(at=Range(gt=1.5))  # wrong
    storage.stamps.update("s", creation_time=1)  # wrong
    storage.stamps.by_foo(foo_bar=1)  # wrong
    storage.words.search("a", limit="b")  # wrong
    storage.runs.latest("open")  # wrong
    storage.runs.latest("done", state_at="soon")  # wrong
    storage.runs.in_city("Oslo", where={"home_grade": "c"})  # wrong
