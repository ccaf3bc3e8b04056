"""HTTPS: certificates are verified, and calls and deadlines work inside TLS."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from convexgen.runtime import AsyncClient, Client, Unavailable
from loopback import Server, serving, success
from test_runtime_client import READ

OPENSSL = shutil.which("openssl")

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="makes a certificate with openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that nobody trusts, with its key, in one file."""
    assert OPENSSL is not None
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    arguments = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    arguments += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    arguments += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path)]
    made = subprocess.run([OPENSSL, *arguments], check=True, capture_output=True, text=True)
    path.write_text(path.read_text() + made.stdout)
    return path


@pytest.fixture
def server(certificate: Path) -> Generator[Server, None, None]:
    """An HTTPS server with the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(lambda _: success(5.0), tls=context) as server:
        yield server


async def read(url: str) -> int:
    async with AsyncClient(url) as client:
        return await client.run(READ)


def test_a_trusted_certificate(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Client(server.url) as client:
        assert [client.run(READ), client.run(READ)] == [5, 5]
    assert asyncio.run(read(server.url)) == 5


def test_a_certificate_that_is_not_trusted(server: Server) -> None:
    with Client(server.url) as client, pytest.raises(Unavailable, match=r"(?i)certificate"):
        client.run(READ)
    with pytest.raises(Unavailable, match=r"(?i)certificate"):
        asyncio.run(read(server.url))
    assert server.requests == []


def test_a_certificate_of_another_host(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    url = server.url.replace("127.0.0.1", "localhost")
    with Client(url) as client, pytest.raises(Unavailable, match=r"(?i)certificate|refused"):
        client.run(READ)
