import importlib
from typing import Any


def use(storage: Any, package: Any) -> None:
    functions = importlib.import_module(f"{package.__name__}._functions")
    echo = storage.functions.echo
    assert echo.anything({"a": [1]}) == '{"a":[1]}'
    assert echo.either(functions.EchoEitherInput(a="a")) == '{"a":"a"}'
