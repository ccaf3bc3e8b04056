"""Calls of methods that there are not, each on a line marked with a comment."""

from some_functions_convex import Account, ConvexStorage, Note, Posting, PostingDocId, ReadQuery


def use(storage: ConvexStorage, posting: Posting, doc_id: PostingDocId) -> None:
    query: ReadQuery[Account] = storage.accounts.list()
    assert [one.owner for one in query] == []
    assert storage.accounts.by_number("a").first() is None
    assert storage.accounts.get_by_owner("a") is None
    assert storage.postings.create(posting).doc_id
    for one in storage.postings.list(include=["account"]):
        print(one.account)
    storage.notes.save(Note(note_id="a", text="b"), expected={"text": "b"})
    storage.notes.upsert("a", set={"text": "c"})
    storage.drafts.clear()
    with storage.atomic() as tx:
        tx.notes.create(Note(note_id="a", text="b"))
        tx.notes.expect_absent("b")
        tx.notes.delete("a")  # mistake
        tx.postings.update(doc_id, {"cents": 1})  # mistake
        tx.accounts.expect("a")  # mistake
    storage.accounts.get("a")  # mistake
    assert storage.accounts.create  # mistake
    storage.accounts.list().delete()  # mistake
    storage.accounts.by_number("a").update(set={})  # mistake
    storage.postings.get(doc_id)  # mistake
    storage.postings.delete(doc_id)  # mistake
    storage.postings.clear()  # mistake
    storage.notes.delete("a")  # mistake
    storage.notes.list()  # mistake
    storage.drafts.list()  # mistake
    assert storage.trails  # mistake
