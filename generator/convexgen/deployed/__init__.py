"""What a deployment says of itself to who has its key."""

from convexgen.deployed.reading import (
    DeploymentFailed,
    DeploymentSchema,
    find_deployment,
    read_deployment,
)

__all__ = ["DeploymentFailed", "DeploymentSchema", "find_deployment", "read_deployment"]
