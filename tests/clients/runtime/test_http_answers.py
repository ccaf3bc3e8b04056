"""What the client takes for an answer: within bounds, and errors for everything else."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest
from convexgen.runtime.http_answers import (
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    HttpAnswers,
    MalformedAnswer,
)
from hypothesis import given
from hypothesis import strategies as st
from raw_server import Raw, answer_of, answering
from ways import WAYS

BODY = b'{"status": "success"}'
HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = b"Content-Encoding: gzip\r\n"
PACKED = gzip.compress(BODY)


def packed(data: bytes) -> bytes:
    return HEAD + GZIP + b"Content-Length: %d\r\n\r\n" % len(data) + data


GOOD = {
    "a length": HEAD + LENGTH + b"\r\n" + BODY,
    "HTTP/1.0": HEAD.replace(b"1.1", b"1.0") + LENGTH + b"\r\n" + BODY,
    "names in any case": HEAD + LENGTH.upper() + b"\r\n" + BODY,
    "no reason": b"HTTP/1.1 200 \r\n" + LENGTH + b"\r\n" + BODY,
    "one chunk": CHUNKED + b"15\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunks": CHUNKED + b"".join(b"1\r\n%c\r\n" % one for one in BODY) + b"0\r\n\r\n",
    "chunks with extensions": CHUNKED + b"15;a=b\r\n" + BODY + b"\r\n0;c\r\n\r\n",
    "what follows the chunks": CHUNKED + b"15\r\n" + BODY + b"\r\n0\r\nX: 3\r\n\r\n",
    "gzip": packed(PACKED),
    "gzip in pieces": packed(gzip.compress(BODY[:5]) + gzip.compress(BODY[5:])),
    "as it is": HEAD + b"Content-Encoding: identity\r\n" + LENGTH + b"\r\n" + BODY,
    "after a hundred": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + LENGTH + b"\r\n" + BODY,
    "after hints": b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" * 2 + HEAD + LENGTH + b"\r\n" + BODY,
    "as many headers as may be": HEAD
    + b"X: " + b"x" * (MAX_HEADER_BYTES - 40) + b"\r\n"
    + LENGTH + b"\r\n" + BODY,
}  # fmt: skip
UNTIL_CLOSE = {
    "no length": HEAD + b"\r\n" + BODY,
    "an old one": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "gzip": HEAD + GZIP + b"\r\n" + PACKED,
}
_LONG = b"x" * MAX_HEADER_BYTES
BAD = {
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "a request": b"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
    "text": b"go away\r\n",
    "nothing but ends of lines": b"\r\n" * 100 + b"x",
    "zeros": b"\0" * 100,
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\n\r\n",
    "HTTP/1.2": b"HTTP/1.2 200 OK\r\n\r\n",
    "HTTP/2": b"HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/3": b"HTTP/3 200 OK\r\n\r\n",
    "no version": b"HTTP 200 OK\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "a short status": b"HTTP/1.1 20 OK\r\n\r\n",
    "a long status": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a small status": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "a negative status": b"HTTP/1.1 -20 OK\r\n\r\n",
    "another protocol, from now on": b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\n"
    b"Upgrade: websocket\r\n\r\n",
    "a header without a colon": HEAD + b"Nothing\r\n\r\n",
    "a header without a name": HEAD + b": nothing\r\n\r\n",
    "a header with a space": HEAD + b"A b: c\r\n\r\n",
    "a header with a zero": HEAD + b"A: b\0c\r\n\r\n",
    "a header that goes on": HEAD + b" A: b\r\n\r\n",
    "ends of lines of another kind": HEAD + b"A: b\rC: d\r\n\r\n",
    "two lengths": HEAD + LENGTH + LENGTH + b"\r\n" + BODY,
    "two lengths that differ": HEAD + LENGTH + b"Content-Length: 3\r\n\r\n" + BODY,
    "two lengths in one": HEAD + b"Content-Length: 21, 21\r\n\r\n" + BODY,
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
    "a positive length": HEAD + b"Content-Length: +21\r\n\r\n" + BODY,
    "a length in hexadecimals": HEAD + b"Content-Length: 0x15\r\n\r\n" + BODY,
    "a length with a point": HEAD + b"Content-Length: 21.0\r\n\r\n" + BODY,
    "no number as length": HEAD + b"Content-Length: all\r\n\r\n" + BODY,
    "an empty length": HEAD + b"Content-Length:\r\n\r\n" + BODY,
    "a length that no number holds": HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "a length above the bound": HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
    "a length and chunks": HEAD + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": HEAD + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n0\r\n\r\n",
    "chunks of something": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "another way than in chunks": HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
    "chunks that are none": HEAD + b"Transfer-Encoding: chunkedd\r\n\r\n0\r\n\r\n",
    "chunks twice": HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a chunk without a size": CHUNKED + b"\r\n",
    "a chunk of no number": CHUNKED + b"xyz\r\n",
    "a chunk of a negative size": CHUNKED + b"-5\r\n",
    "a chunk that no number holds": CHUNKED + b"F" * 17 + b"\r\n",
    "a chunk that is longer": CHUNKED + b"4\r\n" + BODY,
    "a chunk that ends early": CHUNKED + b"16\r\n" + BODY + b"\r\n0\r\n\r\n" * 2,
    "a chunk with an end of another kind": CHUNKED + b"15\n" + BODY + b"\n0\n\n",
    "a header after the chunks": CHUNKED + b"0\r\nno header\r\n\r\n",
    "too many headers": HEAD + b"".join(b"X-%d: x\r\n" % one for one in range(20_000)),
    "a header above the bound": HEAD + b"X: " + _LONG + b"\r\n\r\n",
    "a name above the bound": HEAD + _LONG + b": x\r\n\r\n",
    "a header without an end": HEAD + b"X: " + _LONG * 2,
    "a reason without an end": b"HTTP/1.1 200 " + _LONG * 2,
    "hundreds without an end": b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000,
    "an extension without an end": CHUNKED + b"5;" + _LONG * 2,
    "what follows, above the bound": CHUNKED + b"0\r\nX: " + _LONG + b"\r\n\r\n",
    "what follows, without an end": CHUNKED + b"0\r\nX: " + _LONG * 2,
    "another encoding": HEAD + b"Content-Encoding: br\r\n" + LENGTH + b"\r\n" + BODY,
    "two encodings": HEAD + GZIP + GZIP + LENGTH + b"\r\n" + BODY,
    "two encodings in one": HEAD + b"Content-Encoding: gzip, gzip\r\n" + LENGTH + b"\r\n" + BODY,
    "no gzip": packed(BODY),
    "gzip that ends early": packed(PACKED[:-1]),
    "gzip of which little is there": packed(PACKED[:5]),
    "gzip that is damaged": packed(PACKED[:-8] + b"\0" * 8),
    "gzip with something behind it": packed(PACKED + b"more"),
    "deflate that says that it is gzip": packed(zlib.compress(BODY)),
    # Of the bytes that may come, millions: each takes its time.
    "gzip of many members": packed(gzip.compress(b"") * 200_000),
    "gzip above the bound": packed(gzip.compress(b"\0" * (MAX_BODY_BYTES + 1), 1)),
}
EARLY = {
    "no byte": b"",
    "a part of the status": HEAD[:7],
    "a part of a header": HEAD + b"Content-Le",
    "no end of the headers": HEAD + LENGTH,
    "no body": HEAD + LENGTH + b"\r\n",
    "a part of the body": HEAD + LENGTH + b"\r\n" + BODY[:-1],
    "no chunk": CHUNKED,
    "a part of a chunk": CHUNKED + b"15\r\n" + BODY[:-1],
    "no last chunk": CHUNKED + b"15\r\n" + BODY + b"\r\n",
    "no end of the last chunk": CHUNKED + b"15\r\n" + BODY + b"\r\n0\r\n",
    "a hundred alone": b"HTTP/1.1 100 Continue\r\n\r\n",
}


def read(pieces: Iterator[bytes], *, closes: bool = False) -> tuple[int, bytes]:
    answers = HttpAnswers()
    for piece in pieces:
        answers.feed(piece)
    if closes and not answers.is_complete:
        answers.end()
    assert answers.is_complete
    return answers.take()


def split(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 30])
@pytest.mark.parametrize("name", GOOD)
def test_answers_in_pieces_of_any_size(name: str, size: int) -> None:
    assert read(split(GOOD[name], size)) == (200, BODY)


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 30])
@pytest.mark.parametrize("name", UNTIL_CLOSE)
def test_answers_that_end_with_the_connection(name: str, size: int) -> None:
    assert read(split(UNTIL_CLOSE[name], size), closes=True) == (200, BODY)


def test_answers_without_a_body() -> None:
    for status in (204, 304):
        assert read(iter([b"HTTP/1.1 %d Nothing\r\n\r\n" % status])) == (status, b"")


@pytest.mark.parametrize("size", [1, 3, 1000, 1 << 30])
@pytest.mark.parametrize("name", BAD)
def test_malformed_answers_are_errors(name: str, size: int) -> None:
    with pytest.raises(MalformedAnswer, match=r"^(the answer |there is )"):
        read(split(BAD[name], size))


@pytest.mark.parametrize("name", EARLY)
def test_answers_that_end_early_are_errors(name: str) -> None:
    with pytest.raises(ConnectionError, match="the connection was closed w"):
        read(iter([EARLY[name]] if EARLY[name] else []), closes=True)


def test_one_answer_after_the_other() -> None:
    answers = HttpAnswers()
    for name in ("a length", "chunks", "gzip", "after hints", "as many headers as may be"):
        for _ in range(2):
            answers.expect()
            answers.feed(GOOD[name])
            assert (answers.is_complete, answers.keeps_alive) == (True, True)
            assert answers.take() == (200, BODY)


@pytest.mark.parametrize(
    "more",
    [b"x", GOOD["a length"], b"\r\n\r\nx", b"HTTP/1.1 100 Continue\r\n\r\n"],
    ids=["a letter", "an answer", "lines", "a hundred"],
)
def test_what_nobody_asked_for_is_left(more: bytes) -> None:
    answers = HttpAnswers()
    answers.feed(GOOD["a length"] + more)
    assert answers.take() == (200, BODY)
    assert not answers.keeps_alive


@pytest.mark.parametrize(
    ("header", "keeps_alive"),
    [(b"Connection: close\r\n", False), (b"Connection: keep-alive\r\n", True), (b"", True)],
)
def test_whether_a_connection_is_kept(header: bytes, keeps_alive: bool) -> None:
    answers = HttpAnswers()
    answers.feed(HEAD + header + LENGTH + b"\r\n" + BODY)
    assert (answers.take(), answers.keeps_alive) == ((200, BODY), keeps_alive)


ANSWERS = st.sampled_from([*GOOD.values(), *UNTIL_CLOSE.values(), *EARLY.values()]).filter(
    lambda answer: 0 < len(answer) < 1000
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An answer of which some bytes are others, are gone or come twice."""
    data = bytearray(draw(ANSWERS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.integers(0, 8))
        data[start:end] = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"\r\n", b"\r", b"\n", b"0", b"f" * 16, b":", b"\0", bytes(data)]),
            )
        )
    return bytes(data)


@given(damaged(), st.integers(1, 100))
def test_damaged_answers_are_answers_or_errors(data: bytes, size: int) -> None:
    try:
        status, body = read(split(data, size), closes=True)
    except ConnectionError:
        return
    assert 200 <= status <= 999
    assert len(body) <= len(data) + 10 * len(BODY)


@pytest.mark.parametrize("way", WAYS)
def test_hundreds_of_malformed_answers_one_after_the_other(way: str) -> None:
    """Each is an error, after which the client goes on."""
    good = Raw(answer_of(BODY))
    bad = [*(Raw(data, closes=True) for data in (*BAD.values(), *EARLY.values()))]
    whole, zipped = GOOD["chunks with extensions"], GOOD["gzip"]
    bad += [Raw(whole[:end], closes=True) for end in range(len(whole))]
    bad += [Raw(whole[:end], resets=True) for end in range(len(whole))]
    bad += [Raw(zipped[:end], closes=True) for end in range(len(zipped))]
    headers = range(len(HEAD), len(CHUNKED))
    bad += [Raw(whole[:end] + b"\0" + whole[end:], closes=True) for end in headers]
    turns = [turn for one in bad for turn in (one, good)]
    assert len(bad) > 300
    with answering(*turns) as server, WAYS[way]() as post:
        for one in bad:
            with pytest.raises(ConnectionError) as caught:
                post(server.url)
            assert str(caught.value), one
            assert post(server.url) == (200, BODY)
        assert len(server.requests) == len(turns)
