"""What becomes of a command whose output nobody takes: a full disk, or a pipe that was closed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import IO, Any

import click


class CannotPrint(click.ClickException):
    """The output cannot be written; ends a command with exit code 2."""

    exit_code = 2

    def __init__(self, error: OSError) -> None:
        super().__init__(f"The output cannot be written: {error.strerror or error}")
        self._is_told = not isinstance(error, BrokenPipeError)

    def show(self, file: IO[Any] | None = None) -> None:
        """Say so, but to whoever has read enough and closed the pipe, as `head` does."""
        # What is left in its buffer would fail again when the process ends.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if self._is_told:
            with suppress(OSError):
                super().show(file)


def is_of_output(error: OSError) -> bool:
    """Whether what failed is to print: files and the network fail otherwise."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_code is click.echo.__code__ for frame, _ in frames)


@contextmanager
def telling_of_output() -> Generator[None]:
    """Raises CannotPrint where something in the block cannot be printed."""
    try:
        yield
    except OSError as error:
        if not is_of_output(error):
            raise
        raise CannotPrint(error) from error
