from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError


def use(storage: Any, package: Any) -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=timezone(timedelta(hours=2)))
    at = storage.notes.save(package.Note(note_id="n", at=moment)).at
    assert (at, at.tzinfo) == (moment, UTC)
    with pytest.raises(ValidationError, match="no time zone"):
        package.Note(note_id="n", at=datetime(2026, 1, 1))
