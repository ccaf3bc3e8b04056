"""What a `schema.ts` exports to Convex, as `npx convex deploy` sends it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from project import node_tool, run


def exported(schemas: list[str], folder: Path) -> list[dict[str, Any]]:
    """What the modules export to Convex, from one run of Node.

    The folder has their packages.
    """
    imports = []
    for number, schema in enumerate(schemas):
        (folder / f"schema{number}.ts").write_text(schema, encoding="utf-8")
        imports.append(f'import schema{number} from "./schema{number}.ts";\n')
    names = ", ".join(f"schema{number}" for number in range(len(schemas)))
    entry = f"console.log(JSON.stringify([{names}].map((one) => JSON.parse(one.export()))));\n"
    (folder / "main.ts").write_text("".join(imports) + entry, encoding="utf-8")
    options = ["--bundle", "--format=cjs", "--platform=node", "--outfile=main.js"]
    built = run([node_tool("esbuild"), "main.ts", *options], folder)
    assert built.returncode == 0, built.stderr
    finished = run(["node", "main.js"], folder)
    assert finished.returncode == 0, finished.stderr
    answer: list[dict[str, Any]] = json.loads(finished.stdout)
    return answer
