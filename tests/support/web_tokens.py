"""JSON Web Tokens of users, signed by tests themselves."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "a secret of tests"
ISSUER = "https://auth.example.com"
DAY = 24 * 60 * 60
"""In seconds."""


def encode(part: bytes) -> str:
    """Base64url, without padding."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def claims(**more: Any) -> dict[str, Any]:
    """Those of a user, valid for longer than a run takes, since some are made at collection."""
    return {"iss": ISSUER, "sub": "user 1", "aud": "app", "exp": time.time() + DAY, **more}


def signed(payload: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    """A token whose signature is always of HS256, whatever its header says."""
    header = encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    text = f"{header}.{encode(json.dumps(payload).encode())}"
    return f"{text}.{encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"
