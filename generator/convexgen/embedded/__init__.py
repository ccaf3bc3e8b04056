"""A Convex backend in one local process, for development and tests."""

from convexgen.embedded.backend import (
    EmbeddedBackend,
    server_command,
    server_environment,
)
from convexgen.embedded.failures import BackendFailed
from convexgen.embedded.node import NodeNotFound, find_node
from convexgen.embedded.schema import ReadSchema, read_schema
from convexgen.embedded.spec import (
    LoadableFunctions,
    read_function_spec,
    read_loadable_functions,
)

__all__ = [
    "BackendFailed",
    "EmbeddedBackend",
    "LoadableFunctions",
    "NodeNotFound",
    "ReadSchema",
    "find_node",
    "read_function_spec",
    "read_loadable_functions",
    "read_schema",
    "server_command",
    "server_environment",
]
