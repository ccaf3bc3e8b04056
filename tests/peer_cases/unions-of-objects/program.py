from typing import Any

import pytest
from pydantic import ValidationError


def use(storage: Any, package: Any) -> None:
    for payment in (package.Card(number="4"), package.Cash(paid=1.5)):
        note = storage.notes.save(package.Note(note_id="n", payment=payment))
        assert (type(note.payment), note.payment) == (type(payment), payment)
    # The tag says what was meant, and so what is wrong with it.
    with pytest.raises(ValidationError, match=r"payment\.cash\.paid"):
        package.Note(note_id="n", payment={"type": "cash", "paid": "much"})
