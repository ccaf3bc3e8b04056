"""Scripts of this directory that print a line of JSON."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from convexgen.embedded import find_node
from waiting import PATIENCE

HERE = Path(__file__).parent


def run_script(script: str, *arguments: str, **environment: str) -> Any:
    """What the script prints last."""
    finished = subprocess.run(
        [find_node(), HERE / script, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])
