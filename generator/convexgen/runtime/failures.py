"""From what a deployment answers to the errors of this package.

Functions tell failures apart by the `code` of a `ConvexError`, which reaches every client. Other
failures come as text, and a production deployment may send no more than "Server Error"; where the
text is there, it is recognised.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .errors import (
    AccessDenied,
    AlreadyExists,
    Conflict,
    ConvexgenError,
    DuplicateKey,
    FunctionFailure,
    InvalidArgument,
    LimitExceeded,
    NotCounted,
    NotFound,
    ServerError,
    Unavailable,
)

RETRIED_STATUSES = frozenset([408, 429, 503])
"""It took too long; too many requests; overloaded, or too many conflicts: later it may work."""

REFUSED_STATUSES = frozenset([400, 401, 403, 404, 405, 413, 415, 429])
"""Those with which a deployment refuses a request before it runs anything, with a code."""

UNHEARD_STATUSES = frozenset([413, 414, 431])
"""Those with which any server refuses a request that it has not heard in full: too large, with too
long an address or headers (RFC 9110, 15.5; RFC 6585, 5).

No 408, by which RFC 9110 says so too: with it the backend ends a function that it has begun, after
300 seconds (`ConvexHttpService` in crates/common/src/http/mod.rs).
"""

ANSWER_STATUSES = frozenset([200, 560])
"""The statuses whose body is an answer of a function; 560 is a failed one to JavaScript clients."""

_BY_CODE: dict[str, type[ConvexgenError]] = {
    "NotFound": NotFound,
    "AlreadyExists": AlreadyExists,
    "DuplicateKey": DuplicateKey,
    "Conflict": Conflict,
    "NotCounted": NotCounted,
    "InvalidArgument": InvalidArgument,
    "AccessDenied": AccessDenied,
    "LimitExceeded": LimitExceeded,
}

# The limits of https://docs.convex.dev/production/state/limits, in the words of the backend.
_LIMIT = re.compile(
    r"Too many (bytes|documents|reads|writes|fields|entries|functions|system operations)"
    r"|too (large|long|big|deep|nested)\b|\(maximum |maximum (size|length|nesting|depth)"
    r"|> maximum|transaction is too|timed out \(maximum|TooManyReads|TooManyWrites",
    re.IGNORECASE,
)
# Mutations that ran again and again, each time in conflict with others:
# https://docs.convex.dev/error#1
_CONTENTION = re.compile(
    r"OptimisticConcurrencyControlFailure"
    r"|(?:Data|Documents) read from or written to .* changed while this mutation was being run"
)
# The second where the deploy key is given.
_MISSING_FUNCTION = ("Could not find public function", "Could not find function for ")
_ARGUMENTS = "ArgumentValidationError"
# The code of the backend's `invalid_cursor` (crates/database/src/query/mod.rs), which is data of
# a `ConvexError`, and the words of its `bad_cursor` (crates/keybroker/src/broker.rs).
_INVALID_CURSOR = "InvalidCursor"
_UNREADABLE_CURSOR = "Failed to parse cursor"
_NO_CURSOR = (
    "the cursor is none of this query with these arguments: begin with the first page, without one"
)
# How the backend begins the line of what a validator has refused, and the one of the validator
# (crates/common/src/schemas/validator.rs).
_REFUSED_VALUE = re.compile(r"^(?:Object|Value): ", re.MULTILINE)
_VALIDATOR = "\nValidator: "
_OTHER_FIELDS = (" contains extra field ", " is missing the required field ")
# Of enums and other literals, and of unions; other types stay what they are.
_OTHER_VALUES = re.compile(
    r" does not match validator\..*\nValidator: .*\bv\.(?:literal|union)\(", re.DOTALL
)
_REFUSALS = (_ARGUMENTS, "ReturnsValidationError", "does not match the schema")
_STACK_LINE = re.compile(r"^\s+at |^\s*Called by client")
_UNCAUGHT = re.compile(r"\bUncaught (?:\w*Error: )?")

# What differs does not tell which of the two is of the newer spec: either may have what the other
# has no more.
_NEWER = (
    "where it is newer, generate the client again, from the newer spec: to deploy from here would "
    "take it back"
)
_SKEW = (
    ". The deployment is of another version of the spec than this client, older or newer: where "
    f"it is older, run `npx convex deploy`; {_NEWER}"
)
_NO_ACCESS = (
    "the deployment has no such function for this caller. Either the functions are not deployed "
    "(run `npx convex deploy`, or `npx convex dev`), or the deployment is older or newer than this "
    f"client (where it is older, deploy; {_NEWER}), or they are internal and the deploy key is "
    "missing (set CONVEX_DEPLOY_KEY, or pass deploy_key=)"
)
_SHOWN_CHARACTERS = 300


def function_error(message: str, data: Any, operation: str) -> ConvexgenError:
    """The error for a function that failed with `message`, or threw `ConvexError(data)`."""
    told = _without_values(message)
    error = _classify(told, data, operation)
    error.__cause__ = FunctionFailure(told)
    return error


def _without_values(message: str) -> str:
    """The message without the value that a validator has refused: it may be or hold a secret."""
    value = _REFUSED_VALUE.search(message)
    if value is None or not any(words in message for words in _REFUSALS):
        return message
    validator = message.rfind(_VALIDATOR, value.start())
    rest = "" if validator < 0 else message[validator + 1 :]
    return message[: value.start()] + rest


def _classify(message: str, data: Any, operation: str) -> ConvexgenError:
    if data is None:
        return _from_text(message, operation)
    return _from_data(data, operation)


def _from_data(data: Any, operation: str) -> ConvexgenError:
    kind: type[ConvexgenError] = ServerError
    code, reason = _member(data, "code"), _member(data, "message")
    if _member(data, "paginationError") == _INVALID_CURSOR:
        return InvalidArgument(_NO_CURSOR, operation, data)
    if isinstance(data, str):
        reason = data
    if not isinstance(reason, str):
        reason = f"the function threw {data!r}"
    elif isinstance(code, str):
        kind = _BY_CODE.get(code, ServerError)
        if kind is ServerError:
            reason = f"{code}: {reason}"
    return kind(reason, operation, data)


def _member(value: Any, name: str) -> Any:
    kind: type[Any] = value.__class__
    return value.get(name) if kind is dict else None


def _from_text(message: str, operation: str) -> ConvexgenError:
    reason = _shortened(_first_paragraph(message))
    if any(words in message for words in _MISSING_FUNCTION):
        return AccessDenied(f"{_NO_ACCESS}. The deployment said: {reason}", operation)
    if _ARGUMENTS in message:
        return InvalidArgument(f"{reason}{_skew_in(message)}", operation)
    if _INVALID_CURSOR in reason or _UNREADABLE_CURSOR in reason:
        return InvalidArgument(_NO_CURSOR, operation)
    if _CONTENTION.search(reason):
        return Unavailable(f"too many transactions conflict: {reason}", operation)
    if _LIMIT.search(reason):
        return LimitExceeded(reason, operation)
    return ServerError(reason or "the function failed without a message", operation)


def _shortened(reason: str) -> str:
    """The reason, where a validator of many fields is told by the first ones."""
    words, separator, validator = reason.partition(" Validator: ")
    if len(validator) <= _SHOWN_CHARACTERS:
        return reason
    return f"{words}{separator}{validator[:_SHOWN_CHARACTERS]}…"


def _skew_in(message: str) -> str:
    """What an argument says that no function of the client's own spec would refuse."""
    is_field = any(words in message for words in _OTHER_FIELDS)
    return _SKEW if is_field or _OTHER_VALUES.search(message) else ""


def _first_paragraph(message: str) -> str:
    """The message without the stack trace, on one line."""
    lines: list[str] = []
    for line in message.splitlines():
        if _STACK_LINE.match(line):
            break
        if line.strip():
            lines.append(line.strip())
    return _UNCAUGHT.sub("", " ".join(lines))


def status_error(status: int, body: bytes, operation: str) -> ConvexgenError:
    """The error for an answer that is no answer of a function."""
    code, message = _code_and_message(body)
    said = f"HTTP {status} {code}" if code else f"HTTP {status}"
    if message:
        said += f": {message}"
    cause = FunctionFailure(said)
    error: ConvexgenError
    if status == 431:
        error = AccessDenied(
            f"the deployment does not take headers of that length: the token is too long ({said})",
            operation,
        )
    elif status in (413, 414):
        error = LimitExceeded(
            f"the request is larger than the deployment, or what is before it, takes ({said})",
            operation,
        )
    elif status == 408:
        error = Unavailable(
            f"the deployment ended the request, which took too long ({said})", operation
        )
    elif status in (401, 403):
        error = AccessDenied(
            f"the deployment refused the credentials ({said})",
            operation,
        )
    elif code == "FunctionPathNotFound":
        error = AccessDenied(f"{_NO_ACCESS} ({said})", operation)
    elif status in RETRIED_STATUSES:
        error = Unavailable(f"the deployment is overloaded ({said})", operation)
    elif status == 400 and code:
        error = InvalidArgument(
            f"the deployment refused the request ({said})",
            operation,
        )
    elif code is None and status < 500:
        error = ServerError(
            f"what answered is not a Convex deployment ({said}); check the URL: "
            "deployments are at https://<name>.convex.cloud",
            operation,
        )
    else:
        error = ServerError(f"the deployment failed ({said})", operation)
    error.__cause__ = cause
    return error


def has_not_run(status: int, body: bytes) -> bool:
    """Whether a call of this answer has surely run nothing."""
    return status in UNHEARD_STATUSES or is_refusal(status, body)


def is_refusal(status: int, body: bytes) -> bool:
    """Whether the deployment itself says so, so that nothing has run: a gateway may err."""
    return status in REFUSED_STATUSES and _code_and_message(body)[0] is not None


def require_retained(body: bytes, operation: str) -> None:
    """Raise `LimitExceeded` where a snapshot is older than what the deployment keeps."""
    if _code_and_message(body)[0] == "OutOfRetention":
        raise LimitExceeded(
            "the snapshot is too old: a deployment keeps the past of some minutes. Begin another "
            "one",
            operation,
        ) from FunctionFailure(shown(body))


def _code_and_message(body: bytes) -> tuple[str | None, str]:
    """The code and the message of Convex's error bodies; of others, the beginning of the text."""
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        parsed = None
    code = _member(parsed, "code")
    if isinstance(code, str):
        return code, str(_member(parsed, "message") or "")
    return None, shown(body)


def shown(body: bytes) -> str:
    """The beginning of a body, on one line, for a message."""
    text = " ".join(body.decode("utf-8", "replace").split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
