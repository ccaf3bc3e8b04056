# Copied by convexgen from schema/mastra/python/reading.py. Do not edit.
# fmt: off
# isort: skip_file

"""What methods are given, read before they look at it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, wraps
from types import GenericAlias
from typing import Any, ParamSpec, TypeVar, cast, get_type_hints

from .._runtime.calls import Encoder

Given = ParamSpec("Given")
Result = TypeVar("Result")


def reads(*names: str) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """A method that has these parameters as its annotations say. It raises `InvalidArgument`.

    Functions read what they are given themselves. What a method does before would take text for
    a list of its characters, and leave nothing of what is iterated once for the function.
    """

    def decorate(method: Callable[Given, Result]) -> Callable[Given, Result]:
        call: Callable[..., Any] = method
        signature = inspect.signature(method)

        @cache
        def types() -> dict[str, Encoder[dict[str, Any]]]:
            # At the first call: the modules of what annotations name may import this one.
            hints = get_type_hints(method, include_extras=True)
            return {name: Encoder(GenericAlias(dict, (str, hints[name]))) for name in names}

        def read(given: tuple[Any, ...], named: dict[str, Any]) -> inspect.BoundArguments:
            bound = signature.bind(*given, **named)
            for name, type_ in types().items():
                if name in bound.arguments:
                    bound.arguments.update(type_.checked({name: bound.arguments[name]}))
            return bound

        @wraps(method)
        def reading(*given: Given.args, **named: Given.kwargs) -> Any:
            bound = read(given, named)
            return call(*bound.args, **bound.kwargs)

        @wraps(method)
        async def reading_async(*given: Given.args, **named: Given.kwargs) -> Any:
            bound = read(given, named)
            return await call(*bound.args, **bound.kwargs)

        is_async = inspect.iscoroutinefunction(method)
        return cast("Callable[Given, Result]", reading_async if is_async else reading)

    return decorate
