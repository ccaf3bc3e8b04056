"""Tables, fields, indexes and functions whose names mean something else in Python."""

from names_convex import ConvexStorage

with ConvexStorage.from_env() as storage:
    made = storage.functions.import_.from_(class_="here", self_="me")
    (found,) = storage.class_table.list_("camel", "snake")
    assert found.doc_id == made
    assert (found.from_, found.import_, found.str_, found.none) == ("here", "me", -0.5, False)
    assert (found.model_config_, found.user_id_2, found.user_id) == ("m", "camel", "snake")
    assert found.nested.hidden
    assert found.nested.async_.def_ == "d"
    assert storage.class_table.str_(str_=-0.5).all() == [found]
    assert storage.class_table.null_(False).all() == [found]
    assert storage.class_table.key("here").all() == [found]
    (other,) = storage.user_settings_2.get_("q")
    assert [one.self_ for one in storage.user_settings_table.list()] == [other.doc_id]
    assert [one.json_ for one in storage.user_settings.list()] == [{"a": [None, 1.5]}]
    assert [one.functions for one in storage.globals.list()] == [["f"]]
print("done")
