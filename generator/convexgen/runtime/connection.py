"""Where a deployment is, and what every request to it says."""

from __future__ import annotations

from .environment import check_deploy_key, check_timeout, check_url

DEFAULT_TIMEOUT = 30.0
"""Seconds."""

_CLIENT_NAME = "convexgen-0.1.0"


class Connection:
    """The settings of a client. Raises `InvalidArgument` for what cannot be one."""

    def __init__(self, url: str, deploy_key: str | None, timeout: float) -> None:
        self.url = check_url(url)
        self.deploy_key = check_deploy_key(deploy_key)
        self.timeout = check_timeout(timeout)
        self.client = _CLIENT_NAME
        self.endpoints = {
            name: f"{self.url}/api/{name}"
            for name in ("query", "mutation", "action", "query_at_ts", "query_ts")
        }
        # Convex refuses names of clients without a semantic version.
        self.headers = {
            "Content-Type": "application/json",
            "Convex-Client": self.client,
        }
        if self.deploy_key is not None:
            self.headers["Authorization"] = f"Convex {self.deploy_key}"
