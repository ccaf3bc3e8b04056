"""To make one costs 30 times what a call of it does."""

import ast

from project import Project


def run(project: Project) -> None:
    makers = {"Decoder", "Encoder", "EntityDescription", "IndexDescription", "TypeAdapter"}
    package = project.root / "generated" / "python" / "decoders_are_made_once_convex"
    for path in package.glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                called = {
                    node.func.id
                    for statement in function.body
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                }
                assert not called & makers, path.name
