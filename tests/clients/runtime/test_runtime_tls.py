"""HTTPS: certificates are verified, and calls and deadlines work inside TLS."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from certificates import OPENSSL, Certificates
from convexgen.runtime import AsyncClient, Client, Unavailable
from loopback import Server, serving, success
from test_runtime_client import READ

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="makes a certificate with openssl")


@pytest.fixture
def server(certificates: Certificates) -> Generator[Server, None, None]:
    """An HTTPS server with the certificate."""
    with serving(lambda _: success(5.0), tls=certificates.server_context()) as server:
        yield server


async def read(url: str) -> int:
    async with AsyncClient(url) as client:
        return await client.run(READ)


def test_a_trusted_certificate(
    server: Server, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
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
    server: Server, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    url = server.url.replace("127.0.0.1", "localhost")
    with Client(url) as client, pytest.raises(Unavailable, match=r"(?i)certificate|refused"):
        client.run(READ)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_that_are_not_there(
    variable: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none"))
    with Client(server.url) as client, pytest.raises(Unavailable) as caught:
        client.run(READ)
    assert f"the certificates of {variable} ({tmp_path / 'none'}) cannot be read" in str(
        caught.value
    )


def test_a_folder_of_certificates(
    server: Server, certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OPENSSL is not None
    command = [OPENSSL, "x509", "-hash", "-noout", "-in", certificates.authority]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    (tmp_path / f"{name}.0").write_bytes(certificates.authority.read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with Client(server.url) as client:
        assert client.run(READ) == 5
