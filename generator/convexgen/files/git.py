"""What git has and gives: versions of files, and merges of them.

Nothing here writes to the repository or fetches, and where there is no git, or one that is too old
for an option, less is found. A checkout may be somebody else's: a folder in it that looks like a
repository without a work tree is taken for none, as its settings name programs to run.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

_TIMEOUT = 30.0
_STYLES = ("merge", "diff3", "zdiff3")
"""The values of `merge.conflictStyle`; see git-config(1)."""
_ALGORITHMS = (("--diff-algorithm=histogram",), ())
"""`git merge` compares by histograms, `git merge-file` by them from git 2.44 on, when asked to."""
MARKER_SIZE = 60
"""The length of the markers in what is merged here: no line of a file is taken for one."""
_NO_FETCHING = {"GIT_ALLOW_PROTOCOL": "", "GIT_NO_LAZY_FETCH": "1"}
"""What a partial clone lacks is fetched when it is read, otherwise; see git(1)."""


def read_objects(root: Path, names: Sequence[str]) -> list[bytes | None]:
    """What git has under each name; None of folders, and of all where there is none."""
    nothing: list[bytes | None] = [None] * len(names)
    if any("\n" in name for name in names):
        return nothing
    given = "".join(f"{name}\n" for name in names).encode()
    output = _run(["cat-file", "--batch"], root, given) or b""
    # For each name a line, "<object> <type> <size>" or "<name> missing", and the object.
    found: list[bytes | None] = []
    while output:
        line, _, output = output.partition(b"\n")
        header = re.fullmatch(rb"[0-9a-f]+ (\w+) (\d+)", line)
        if header is None:
            found.append(None)
            continue
        size = int(header[2])
        found.append(None if header[1] == b"tree" else output[:size])
        output = output[size + 1 :]
    return found if len(found) == len(names) else nothing


def read_folder(root: Path, commit: str, name: str) -> list[str]:
    """The names of what a commit has in a folder, by its path from another one."""
    # Without the slash behind it, git lists the folder itself.
    folder = f"./{name.rstrip('/')}/"
    listed = _run(["ls-tree", "-z", "--name-only", "--end-of-options", commit, folder], root)
    names = (listed or b"").decode("utf-8", "surrogateescape").split("\0")
    return [one.rpartition("/")[2] for one in names if one]


def commit_of(root: Path, name: str) -> str | None:
    """The commit that something names, such as a branch; None where it names none."""
    asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    return (_run(asked, root) or b"").decode().strip() or None


def has_repository(root: Path) -> bool:
    """Whether a folder is in a work tree of git."""
    return (_run(["rev-parse", "--is-inside-work-tree"], root) or b"").strip() == b"true"


def is_committable(root: Path, name: str) -> bool:
    """Whether a folder is in a work tree of git, in which nothing leaves out a file of that name.

    It leaves out what a .gitignore names, that of a folder above or of the user too, but no file
    that was committed or added before.
    """
    ignored = _run(["check-ignore", "--", name], root)
    return has_repository(root) and not ignored


def merge_bases(root: Path, one: str, other: str) -> list[str]:
    """The commits that a merge of two others starts from, of which there may be none."""
    return (_run(["merge-base", "--all", one, other], root) or b"").decode().split()


def read_renames(root: Path, before: str, after: str) -> dict[str, str]:
    """The files of a folder that a commit has elsewhere than an earlier one, as `git merge` pairs
    them, new paths by old ones."""
    found = ["--find-renames", "-l7000", "--diff-filter=R"]  # merge.renameLimit, git-config(1)
    command = ["diff-tree", "-r", "-z", "--name-status", "--relative", *found, before, after]
    # For each an "R" with how similar they are, the old path and the new one.
    parts = (_run(command, root) or b"").decode("utf-8", "replace").split("\0")
    pairs = zip(parts[1::3], parts[2::3], strict=False)
    # No file that the tool wrote has a line break in its name.
    return {old: new for old, new in pairs if "\n" not in old + new}


def top_of(root: Path) -> Path | None:
    """The folder of the work tree that a folder is in."""
    said = _run(["rev-parse", "--show-toplevel"], root)
    return None if not said else Path(os.fsdecode(said.removesuffix(b"\n")))


def read_gone(root: Path, commit: str, patterns: Sequence[str]) -> dict[str, str | None] | None:
    """The files of a commit that are not at their paths now, with where git finds them to be.

    All paths are from the top of the work tree. None where git cannot tell.
    """
    found = ["--find-renames", "-l7000", "--diff-filter=DR"]
    wanted = [f":(top){one}" for one in patterns]
    said = _run(["diff-index", "-z", "--name-status", *found, commit, "--", *wanted], root)
    if said is None:
        return None
    # For each a "D" and the path, or an "R" with how similar they are, the old path and the new.
    parts = iter(said.decode("utf-8", "surrogateescape").split("\0"))
    return {next(parts): next(parts) if one[0] == "R" else None for one in parts if one}


def merge_files(ours: bytes, base: bytes, theirs: bytes) -> Iterator[bytes]:
    """What git makes of two versions of a file, with markers around conflicts, in each style."""
    with tempfile.TemporaryDirectory(prefix="convexgen-") as made:
        folder = Path(made)
        versions = {"ours": ours, "base": base, "theirs": theirs}
        for name, content in versions.items():
            (folder / name).write_bytes(content)
        for algorithm in _ALGORITHMS:
            for style in _STYLES:
                options = ["-p", f"--marker-size={MARKER_SIZE}", *algorithm]
                command = ["-c", f"merge.conflictStyle={style}", "merge-file", *options]
                merged = _run([*command, *versions], folder)
                if merged is not None:
                    yield merged


def _run(arguments: Sequence[str], folder: Path, given: bytes = b"") -> bytes | None:
    try:
        finished = subprocess.run(
            ["git", "-c", "safe.bareRepository=explicit", *arguments],
            cwd=folder,
            env={**os.environ, **_NO_FETCHING},
            input=given,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    # git merge-file ends with the number of conflicts, up to 127; what fails ends with more.
    return finished.stdout if finished.returncode < 128 else None
