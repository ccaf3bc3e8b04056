"""Line ends: git may check files out with those of Windows, which is no edit of them."""

from __future__ import annotations


def with_plain_ends(content: bytes) -> bytes:
    """The bytes of a text with LF at the end of each line."""
    return content.replace(b"\r\n", b"\n")
