"""The embedded backend that serves the functions of `project`, and certificates."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from certificates import Certificates, make_certificates
from convexgen.embedded import EmbeddedBackend
from sample import SampleStorage


@pytest.fixture(scope="session")
def backend() -> Generator[EmbeddedBackend, None, None]:
    """A backend for the whole run; tests use keys of their own."""
    with EmbeddedBackend.start(Path(__file__).parent / "project") as backend:
        yield backend


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Those of a server, by an authority that nobody trusts."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def storage(backend: EmbeddedBackend) -> Generator[SampleStorage, None, None]:
    """A storage with the key, on the backend."""
    with SampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
        yield storage
