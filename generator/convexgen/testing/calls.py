"""Calls of functions over HTTP by those whom a matrix of access is about."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from convexgen.guards import is_mapping
from convexgen.testing.matrix import KEY, WRONG_KEY, Caller

REFUSED = "refused"
REACHED = "reached"
_UNAUTHORIZED = 401
_KINDS = {"Query": "query", "Mutation": "mutation", "Action": "action"}
_FUNCTIONS: dict[str, Mapping[str, str]] = {}
"""Those of each backend, by its key: to describe them takes it longer than all else of a test."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answers: a value, or why it has none."""

    value: Any = None
    refusal: str | None = None
    """The code of an error, `refused` where there is no such function for the caller, or text."""


class Calls:
    """Calls of the functions of a backend, one after another."""

    def __init__(self, url: str, key: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc)
        self._key = key

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    @property
    def functions(self) -> Mapping[str, str]:
        """The kinds of the functions of the backend, by their paths."""
        if self._key not in _FUNCTIONS:
            found = self.by_key("_system/cli/modules:apiSpec", {})
            _FUNCTIONS[self._key] = {
                one["identifier"].replace(".js:", ":"): _KINDS[one["functionType"]]
                for one in found
                if "identifier" in one
            }
        return _FUNCTIONS[self._key]

    def by_key(self, path: str, arguments: Mapping[str, Any], kind: str = "query") -> Any:
        """What the key is given. Raises AssertionError where that is an error."""
        answer = self._call(path, arguments, kind, f"Convex {self._key}")
        assert answer.refusal is None, f"{path} of {json.dumps(arguments)}: {answer.refusal}"
        return answer.value

    def insert(self, table: str, fields: Mapping[str, Any]) -> Any:
        """Insert a document as the dashboard does, and give it as it is stored."""
        given = {"table": table, "documents": [fields]}
        self.by_key("_system/frontend/addDocument:default", given, "mutation")
        return self.documents(table, 1)[0]

    def documents(self, table: str, count: int) -> list[Any]:
        """The last ones of a table, as they are stored."""
        page = {"numItems": count, "cursor": None}
        given = {"table": table, "order": "desc", "paginationOpts": page}
        found: list[Any] = self.by_key("_system/cli/tableData:default", given)["page"]
        return found

    def delete(self, table: str, document: str) -> None:
        """Delete a document as the dashboard does."""
        given = {"toDelete": [{"tableName": table, "id": document}]}
        self.by_key("_system/frontend/deleteDocuments:default", given, "mutation")

    def by(self, caller: Caller, path: str, arguments: Mapping[str, Any], kind: str) -> Answer:
        """What a caller is given by a function for users."""
        return self._call(path, arguments, kind, self._acting(caller))

    def reaches(self, caller: Caller, path: str, kind: str) -> str:
        """Whether a caller gets as far as the arguments of a function, which are none of its own.

        Users come with tokens here, not with the key, which reaches all.
        """
        header = self._acting(caller) if caller.claims is None else f"Bearer {_token(caller)}"
        answer = self._call(path, {"anArgumentThatThereIsNot": True}, kind, header)
        if answer.refusal is None or "ArgumentValidationError" in answer.refusal:
            return REACHED
        return answer.refusal

    def _acting(self, caller: Caller) -> str | None:
        """The header of a caller; of users, that of who has the key and acts as them."""
        if caller.name == KEY:
            return f"Convex {self._key}"
        if caller.name == WRONG_KEY:
            return f"Convex {self._key}x"
        if caller.claims is None:
            return None
        claims = base64.b64encode(json.dumps(caller.claims).encode()).decode()
        return f"Convex {self._key}:{claims}"

    def _call(
        self, path: str, arguments: Mapping[str, Any], kind: str, header: str | None
    ) -> Answer:
        body = {"path": path, "args": arguments, "format": "convex_encoded_json"}
        headers = {"Content-Type": "application/json"}
        if header is not None:
            headers["Authorization"] = header
        self._connection.request("POST", f"/api/{kind}", json.dumps(body), headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status == _UNAUTHORIZED:
            return Answer(refusal=REFUSED)
        said = json.loads(content)
        if said.get("status") == "success":
            return Answer(said["value"])
        data = said.get("errorData")
        code = data.get("code") if is_mapping(data) else None
        if isinstance(code, str):
            return Answer(refusal=code)
        message = str(said.get("errorMessage", said))
        is_hidden = "Could not find public function" in message
        return Answer(refusal=REFUSED if is_hidden else message)


HOLDERS = (Caller(name=KEY), Caller(name=WRONG_KEY))
"""Who calls with a deploy key, and with a wrong one."""


def _token(caller: Caller) -> str:
    """A token that nobody has signed: where tokens are verified, it is refused as such."""
    assert caller.claims is not None
    named = {"issuer": "iss", "subject": "sub"}
    claims = {
        named.get(name, name): value
        for name, value in caller.claims.items()
        if name != "tokenIdentifier"
    }
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in parts]
    return ".".join(one.rstrip("=") for one in (*encoded, "bm9uZQ"))
