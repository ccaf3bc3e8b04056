"""How many connections there are to an origin, and how long an unused one is kept."""

MAX_CONNECTIONS = 100
"""More than a thread pool or a burst of tasks has; a request above it waits for a connection."""
MAX_IDLE_CONNECTIONS = 20
IDLE_SECONDS = 15.0
"""Shorter than the idle timeouts of common proxies, so they seldom close a connection in use."""
