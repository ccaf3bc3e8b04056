"""Going on with changes of specs: what `--watch` does.

Files are looked at again and again, since not every file system tells of changes: those that
containers and virtual machines share do not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from convexgen.cli.generating import generate
from convexgen.cli.generation import Refused, show_problems
from convexgen.cli.project import CannotRun, FoundSpec, unreadable
from convexgen.files.manifest import manifest_path, read_record

if TYPE_CHECKING:
    from convexgen.cli.loading import Problems

_PAUSE = 0.2
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})

_Seen: TypeAlias = Mapping[Path, tuple[int, int, int]]


class SpecWatcher:
    """Generates from specs when one of their files changes, comes or goes."""

    def __init__(
        self,
        find: Callable[[], Sequence[FoundSpec]],
        *,
        force: bool = False,
        verbose: bool = False,
        say: Callable[[str], None] = click.echo,
    ) -> None:
        self._find = find
        self._force = force
        self._verbose = verbose
        self._say = say
        self._included: set[Path] = set()
        self._done: _Seen | None = None
        self._last: _Seen | None = None
        self._is_wrong = False

    def generate(self) -> None:
        """Generate from what is there now. What is wrong is printed, and that it is mended."""
        self._done = self._last = self._look()
        was_wrong, self._is_wrong = self._is_wrong, False
        specs: Sequence[FoundSpec] = ()
        with self._telling():
            specs = self._find()
        written = [self._generate(found) for found in specs]
        if was_wrong and not self._is_wrong and not any(written):
            self._say("Good again: what is generated is what the spec gives.")

    def _generate(self, found: FoundSpec) -> bool:
        """Whether anything was written. What is wrong with one spec keeps no other back."""
        with self._telling():
            return generate(
                found,
                force=self._force,
                verbose=self._verbose,
                tell=self._tell,
                say=self._say,
            )
        return False

    @contextmanager
    def _telling(self) -> Generator[None]:
        try:
            yield
            return
        except Refused:
            pass  # It is said.
        except CannotRun as error:
            error.show()
        except OSError as error:
            unreadable(error).show()
        self._is_wrong = True

    def follow(self, stop: threading.Event) -> None:
        """Generate whenever something has changed, until told to stop."""
        while not stop.wait(_PAUSE):
            seen = self._look()
            # Several files are often written at once, and each in several steps.
            if seen == self._last and seen != self._done:
                self.generate()
            self._last = seen

    def _tell(self, problems: Problems) -> None:
        self._included.update(map(Path, problems.texts))
        show_problems(problems)

    def _look(self) -> _Seen:
        seen: dict[Path, tuple[int, int, int]] = {}
        for path in self._files():
            try:
                status = path.stat()
            except OSError:
                continue
            seen[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
        return seen

    def _files(self) -> Iterable[Path]:
        """What the specs consist of, as far as it is known, and what lies beside them."""
        files = set(self._included)
        # Folders may go while they are looked through, as when git checks something else out.
        with suppress(CannotRun, OSError):
            for found in self._find():
                files.add(found.path)
                beside = found.path.parent.rglob("*")
                files.update(path for path in beside if path.suffix in _SUFFIXES)
                record = read_record(found.root, manifest_path(found.name))
                if record is not None:
                    files.update(found.root / name for name in record.included)
        return files


def watch_in_front(watcher: SpecWatcher) -> None:
    """Generate, and go on until Ctrl-C."""
    watcher.generate()
    click.echo("Watching the spec until Ctrl-C.", err=True)
    try:
        watcher.follow(threading.Event())
    except KeyboardInterrupt:
        return
