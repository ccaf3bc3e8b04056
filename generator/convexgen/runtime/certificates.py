"""Whose certificates are trusted: the system's, or those that the environment names."""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final

from .transport import ConnectFailed

# Where distributions of Linux have theirs, for a Python whose OpenSSL was built elsewhere.
# Source: https://github.com/golang/go/blob/master/src/crypto/x509/root_linux.go
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_FILE, _FOLDERS = "SSL_CERT_FILE", "SSL_CERT_DIR"
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
"""How OpenSSL finds a certificate in a folder."""


def tls_context() -> ssl.SSLContext:
    """How to verify who a deployment is.

    Raises `ConnectFailed` for certificates that the environment names and that cannot be read.
    """
    return _context(os.environ.get(_FILE) or None, os.environ.get(_FOLDERS) or None)


@lru_cache(maxsize=4)
def _context(file: str | None, folders: str | None) -> ssl.SSLContext:
    """Loading takes some milliseconds, so all connections share one."""
    context = _of_system() if file is None and folders is None else _of_files(file, folders)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _of_files(file: str | None, folders: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if file is not None:
        with _reading(_FILE, file):
            context.load_verify_locations(cafile=file)
    if folders is not None:
        with _reading(_FOLDERS, folders):
            for folder in folders.split(os.pathsep):
                # OpenSSL says nothing of a folder that is not there.
                next(Path(folder).iterdir(), None)
                context.load_verify_locations(capath=folder)
    return context


@contextmanager
def _reading(variable: str, value: str) -> Generator[None, None, None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConnectFailed(
            f"the certificates of {variable} ({value}) cannot be read: {reason}"
        ) from error


def _of_system() -> ssl.SSLContext:
    if sys.platform == "darwin" or sys.platform == "win32":
        # OpenSSL does not ask these systems, whose own stores administrators fill.
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not paths.cafile and not _has_certificates(paths.capath):
        for bundle in _BUNDLES:
            if Path(bundle).is_file():
                context.load_verify_locations(bundle)
                break
    return context


def _has_certificates(folder: str | None) -> bool:
    return folder is not None and any(_HASHED.fullmatch(one.name) for one in Path(folder).iterdir())
