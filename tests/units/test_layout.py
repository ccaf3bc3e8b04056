"""Line breaking, on which all that the generator writes depends."""

from __future__ import annotations

import pytest
from convexgen.views.layout import (
    LINE,
    SOFT_LINE,
    Document,
    FirstFitting,
    Group,
    IfBroken,
    Indent,
    bracketed,
    hard,
    join,
    print_document,
)

INNER = bracketed("g(", ["three", "four"], ")")
CALL = bracketed("f(", ["one", "two", INNER], ")")


def lines(document: Document, width: int, *, level: int = 0, trailing: int = 0) -> list[str]:
    text = print_document(document, width=width, indent="  ", level=level, trailing=trailing)
    return text.split("\n")


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (27, ["f(one, two, g(three, four))"]),
        (17, ["f(", "  one,", "  two,", "  g(three, four),", ")"]),
        (16, ["f(", "  one,", "  two,", "  g(", "    three,", "    four,", "  ),", ")"]),
    ],
)
def test_the_outermost_groups_break_first(width: int, expected: list[str]) -> None:
    assert lines(CALL, width) == expected


def test_a_group_breaks_for_what_follows_it_up_to_the_next_place_to_break() -> None:
    call = bracketed("f(", ["a"], ")")
    followed = Group((call, ".then;", Indent((LINE, "and more"))), broken=True)
    assert lines(followed, 10)[0] == "f(a).then;"
    assert lines(followed, 9)[:3] == ["f(", "  a,", ").then;"]


def test_columns_are_kept_free_behind_the_end() -> None:
    call = bracketed("f(", ["a"], ")")
    assert lines(call, 5, trailing=1) == ["f(a)"]
    assert lines(call, 5, trailing=2) == ["f(", "  a,", ")"]


def test_the_level_is_part_of_every_line() -> None:
    assert lines(bracketed("f(", ["a"], ")"), 6, level=2) == ["    f(", "      a,", "    )"]


def test_what_is_always_broken_breaks_all_around_it() -> None:
    inner = hard(("{", Indent((SOFT_LINE, "x")), SOFT_LINE, "}"))
    assert lines(bracketed("f(", [inner], ")"), 80) == ["f(", "  {", "    x", "  },", ")"]


def test_text_may_stand_only_where_a_group_is_broken() -> None:
    content = Group(("ab", IfBroken("!"), LINE, "cd"))
    assert lines(content, 5) == ["ab cd"]
    assert lines(content, 4) == ["ab!", "cd"]


def test_wide_characters_take_two_columns() -> None:
    assert lines(bracketed("f(", ["漢字"], ")"), 7) == ["f(漢字)"]
    assert lines(bracketed("f(", ["漢字"], ")"), 6) == ["f(", "  漢字,", ")"]


def test_the_first_layout_whose_first_line_fits_is_taken() -> None:
    hugging = ("call(x, ", hard(("{", Indent((SOFT_LINE, "y")), SOFT_LINE, "}")), ")")
    layouts = FirstFitting(("call(x, { y })", hugging, bracketed("call(", ["x", "y"], ")")))
    assert lines(layouts, 14) == ["call(x, { y })"]
    assert lines(layouts, 13) == ["call(x, {", "  y", "})"]
    # None fits: the last.
    assert lines(layouts, 8) == ["call(", "  x,", "  y,", ")"]


def test_a_layout_that_is_a_group_is_taken_where_all_of_it_fits() -> None:
    below = hard(("x =>", Indent((LINE, "body"))))
    layouts = FirstFitting((Group(("x => ", bracketed("f(", ["a"], ")"))), below))
    assert lines(layouts, 9) == ["x => f(a)"]
    assert lines(layouts, 8) == ["x =>", "  body"]


def test_documents_may_be_deep() -> None:
    document: Document = "x"
    for _ in range(2_000):
        document = bracketed("[", [document], "]")
    printed = lines(document, 80)
    assert printed[0] == "["
    assert max(printed, key=len).strip() == "x,"
    assert (
        "".join(line.strip() for line in printed).replace(",", "")
        == "[" * 2_000 + "x" + "]" * 2_000
    )


def test_items_are_joined_by_one_document_or_several() -> None:
    assert join(", ", ["a", "b"]) == ("a", ", ", "b")
    assert join((",", LINE), ["a", "b"]) == ("a", ",", LINE, "b")
