"""A document is split into chunks, which are found by their words and by what they mean."""

from library_convex import ConvexStorage, DocumentsInsertChunks, License

with ConvexStorage.from_env() as storage:
    documents = storage.functions.documents
    document = documents.insert(
        title="Tea and coffee",
        url="https://drinks.example",
        chunks=[
            DocumentsInsertChunks(text="green tea", embedding=[1, 0, 0]),
            DocumentsInsertChunks(text="black coffee", embedding=[0, 1, 0]),
        ],
    )
    assert documents.nearest(vector=[0, 1, 0]) == ["green tea"]

    (found,) = storage.documents.by_url("https://drinks.example")
    assert found.doc_id == document
    assert (found.language, found.source.license) == ("en", License.OPEN)
    assert found.metadata == {"pages": 2, "authors": ["a", "b"]}
    assert storage.documents.search_title("coffee").all() == [found]
    assert storage.documents.search_text("green", source_license=License.OPEN).all() == [found]
    assert storage.documents.search_text("green", language="no").all() == []
    tea, coffee = storage.chunks.by_document_and_position(document)
    assert (tea.position, tea.embedding, coffee.license) == (0, [1, 0, 0], License.CLOSED)
    (nearest,) = storage.chunks.nearest_by_embedding([0.1, 1, 0], license=License.CLOSED)
    assert nearest.item == coffee
print("done")
