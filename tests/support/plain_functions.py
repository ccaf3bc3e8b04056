"""Functions of an embedded backend, called by their names without a generated client."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from convexgen.embedded import EmbeddedBackend
from waiting import PATIENCE


class Refused(Exception):
    """A function threw; `data` is that of its ConvexError."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__(answer.get("errorMessage"))
        self.data = answer.get("errorData")


class Functions:
    """Calls functions of any module."""

    def __init__(self, backend: EmbeddedBackend) -> None:
        self._connection = http.client.HTTPConnection(
            urlsplit(backend.url).netloc, timeout=PATIENCE
        )
        self._headers = {
            "Authorization": f"Convex {backend.admin_key}",
            "Content-Type": "application/json",
        }

    def call(self, path: str, **arguments: Any) -> Any:
        """What a function answers. Raises `Refused`."""
        body = {"path": path, "args": arguments, "format": "convex_encoded_json"}
        self._connection.request("POST", "/api/function", json.dumps(body), self._headers)
        answer = json.loads(self._connection.getresponse().read())
        if answer["status"] != "success":
            raise Refused(answer)
        return answer["value"]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
