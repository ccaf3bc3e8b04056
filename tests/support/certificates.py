"""A certificate authority that nobody trusts, and a certificate of this machine by it."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

OPENSSL = shutil.which("openssl")
_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
_NAMES = "subjectAltName=IP:127.0.0.1,IP:::1,DNS:deployment.invalid\n"


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files of both."""

    authority: Path
    """Its certificate: who trusts it trusts the server."""
    server: Path
    """The certificate of 127.0.0.1, ::1 and deployment.invalid, with its key."""

    def server_context(self) -> ssl.SSLContext:
        """That of a server with the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        return context


def make_certificates(folder: Path) -> Certificates:
    """Make both, with the program of OpenSSL."""
    authority, key = folder / "authority.pem", folder / "authority.key"
    request, names = folder / "request.pem", folder / "names"
    server, server_key = folder / "server.pem", folder / "server.key"
    names.write_text(_NAMES)
    _openssl(
        *("req", "-x509", *_KEY, "-days", "2", "-subj", "/CN=authority"),
        *("-keyout", key, "-out", authority),
    )
    _openssl("req", "-new", *_KEY, "-subj", "/CN=server", "-keyout", server_key, "-out", request)
    _openssl(
        *("x509", "-req", "-in", request, "-CA", authority, "-CAkey", key, "-CAcreateserial"),
        *("-days", "2", "-extfile", names, "-out", server),
    )
    server.write_text(server.read_text() + server_key.read_text())
    return Certificates(authority, server)


def _openssl(*arguments: str | Path) -> None:
    assert OPENSSL is not None
    subprocess.run([OPENSSL, *arguments], check=True, capture_output=True)
