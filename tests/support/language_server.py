"""The YAML language server, which editors run, over its own protocol."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from project import node_tool

_SETTINGS = {"yaml": {"validate": True, "schemaStore": {"enable": False}}}


class LanguageServer:
    """A running server. Opens files as they are on the disk."""

    def __init__(self) -> None:
        command: list[str | Path] = [node_tool("yaml-language-server"), "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self._ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": _SETTINGS})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def problems(self, paths: Sequence[Path]) -> list[dict[int, str]]:
        """What an editor underlines in files: messages by their lines, from 1."""
        found: dict[str, dict[int, str]] = {}
        # All at once: the server waits for a pause in typing before it looks at a file.
        for path in paths:
            document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1}
            text = path.read_text(encoding="utf-8")
            self._tell("textDocument/didOpen", {"textDocument": {**document, "text": text}})
        while len(found) < len(paths):
            message = self._receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                told = message["params"]
                found[told["uri"]] = {
                    one["range"]["start"]["line"] + 1: one["message"] for one in told["diagnostics"]
                }
        return [found[path.as_uri()] for path in paths]

    def completions(self, path: Path, line: int, column: int) -> list[str]:
        """What an editor offers at a place of a file that was opened; both from 1."""
        found = self._ask("textDocument/completion", _place(path, line, column))
        return [item["label"] for item in found["items"]]

    def hover(self, path: Path, line: int, column: int) -> str:
        """What an editor says to a place of a file that was opened; both from 1."""
        found = self._ask("textDocument/hover", _place(path, line, column))
        return str(found["contents"]["value"])

    def _ask(self, method: str, parameters: Any) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._input.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._input.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while line := self._output.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._output.read(length))
        if "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message


def _place(path: Path, line: int, column: int) -> dict[str, Any]:
    return {
        "textDocument": {"uri": path.as_uri()},
        "position": {"line": line - 1, "character": column - 1},
    }
