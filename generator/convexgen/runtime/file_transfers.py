"""Sending and receiving files, for threads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from .connecting import connect
from .deadlines import Deadline
from .file_exchange import (
    FileAnswers,
    Transfer,
    download_head,
    end_of,
    file_target,
    framed,
    require_file,
    storage_id,
    upload_head,
)
from .file_pieces import PIECE_BYTES, Pieces
from .http_answers import HttpAnswers
from .origins import Target
from .proxies import Proxy
from .routes import route_to
from .sockets import Line


def send_file(
    url: str,
    file: Pieces,
    content_type: str | None,
    progress: Callable[[int], object],
    transfer: Transfer,
) -> str:
    """Send a file to the URL that takes it; its ID. Raises the errors of `errors`."""
    operation = transfer.operation
    target = file_target(url, operation)
    done = 0
    connected, forwarder = _connected(target, transfer)
    with closing(connected), transfer.under_way.cut_with(connected.cut):
        kind = content_type or file.content_type
        head = upload_head(target, file.length, kind, forwarder, operation)
        failure = _send(connected, head, transfer)
        for piece in file.pieces:
            if failure is not None:
                break
            failure = _send(connected, framed(piece, file.length), transfer)
            done += len(piece)
            progress(done)
        if failure is None:
            end = end_of(done, file.length, operation)
            failure = _send(connected, end, transfer)
        answers = HttpAnswers()
        # Where not all of it was taken, the answer says why.
        _hear(connected, answers, transfer, failure)
        return storage_id(*answers.take(), operation)


def receive_file(
    url: str,
    write: Callable[[bytes], object],
    progress: Callable[[int], object],
    transfer: Transfer,
) -> int:
    """Receive the file at a URL; how many bytes it has. Raises the errors of `errors`."""
    target = file_target(url, transfer.operation)
    done = 0
    connected, forwarder = _connected(target, transfer)
    with closing(connected), transfer.under_way.cut_with(connected.cut):
        answers = FileAnswers()
        failure = _send(connected, download_head(target, forwarder), transfer)
        while not answers.is_complete:
            _hear_some(connected, answers, transfer, failure)
            for piece in answers.pieces():
                write(piece)
                done += len(piece)
                progress(done)
        require_file(*answers.take(), transfer.operation)
    return done


def _connected(target: Target, transfer: Transfer) -> tuple[Line, Proxy | None]:
    """A connection, and the proxy that is asked for what the URL leads to."""
    try:
        route = route_to(target.origin)
        connected = connect(route, Deadline(transfer.timeout), transfer.under_way)
    except OSError as error:
        raise transfer.unconnected(error) from error
    return connected, route.forwarder


def _send(connected: Line, data: bytes, transfer: Transfer) -> OSError | None:
    """The failure after which there may be an answer all the same."""
    left = memoryview(data)
    deadline = Deadline(transfer.timeout)
    try:
        while left:
            left = left[connected.send(left, deadline) :]
            deadline = Deadline(transfer.timeout)
    except TimeoutError as error:
        raise transfer.broken(error) from error
    except OSError as error:
        return error
    return None


def _hear(
    connected: Line,
    answers: HttpAnswers,
    transfer: Transfer,
    failure: OSError | None,
) -> None:
    while not answers.is_complete:
        _hear_some(connected, answers, transfer, failure)


def _hear_some(
    connected: Line,
    answers: HttpAnswers,
    transfer: Transfer,
    failure: OSError | None,
) -> None:
    try:
        data = connected.receive(PIECE_BYTES, Deadline(transfer.timeout))
        if data:
            answers.feed(data)
        else:
            transfer.end(answers)
    except OSError as error:
        raise transfer.broken(failure or error) from error
