"""How a backend fails to start."""


class BackendFailed(Exception):
    """The server did not start; the message is for the user."""
