"""Values of numpy, pandas and polars, as the values of Python that they mean.

A value is taken where it means exactly one value, and is refused in words that name its type
otherwise. None of these libraries is imported here: a value says itself where it comes from.
"""

from __future__ import annotations

from typing import Any

_LIBRARIES = frozenset({"numpy", "pandas", "polars"})


def library_of(value: object) -> str | None:
    """The library that the type of a value is of; None for any other."""
    library = type(value).__module__.partition(".")[0]
    return library if library in _LIBRARIES else None


def type_name(value: object) -> str:
    """The type of a value for a message, such as `numpy.int64`."""
    name = type(value).__qualname__
    library = library_of(value)
    if library is None:
        return name
    return f"{library}.{_SINGLETONS.get(name, name)}"


# Programs write `pandas.NA`, of which `NAType` is the type.
_SINGLETONS = {"NAType": "NA", "NaTType": "NaT"}


def in_python(value: Any) -> Any:
    """The value of Python that a value of these libraries means; any other as it is.

    Raises `ValueError` where Python would lose some of it.
    """
    library = library_of(value)
    if library is None:
        return value
    if library == "numpy":
        return _of_numpy(value)
    if library == "polars":
        return _of_polars(value)
    return value.tolist() if hasattr(value, "tolist") else value


# The kinds of data types whose values `tolist` makes those of Python, none an int for a moment:
# booleans, integers, doubles, bytes, text and objects.
# https://numpy.org/doc/stable/reference/generated/numpy.dtype.kind.html
_KINDS = frozenset("biufSUO")


def _of_numpy(value: Any) -> Any:
    data_type = getattr(value, "dtype", None)
    if data_type is None:
        return value
    # `tolist` makes None of what is masked, which is missing, and no null.
    is_whole = not hasattr(value, "mask") or not value.mask.any()
    if data_type.kind in _KINDS and is_whole:
        # Of an array a list, of a scalar the value; a longdouble stays what it is.
        return value.tolist()
    return list(value) if getattr(value, "ndim", 0) else value


def _of_polars(value: Any) -> Any:
    if not hasattr(value, "to_list"):
        return value
    if "time_unit='ns'" in repr(value.dtype):
        raise ValueError(
            f"a polars.Series of {value.dtype!r} may have nanoseconds, and timestamps have "
            'microseconds: cast it to Datetime("us", "UTC")'
        )
    return value.to_list()


def plainly(value: Any, depth: int = 0) -> Any:
    """A value with all that is inside its lists and dicts, in Python's values.

    What is not of these libraries stays what it is, and so does what is nested too deep for JSON;
    containers are made anew.
    """
    kind: type[Any] = value.__class__
    if depth > _DEEPEST:
        return value
    if kind is dict:
        return {key: plainly(element, depth + 1) for key, element in value.items()}
    if kind is list or kind is tuple:
        return [plainly(element, depth + 1) for element in value]
    if library_of(value) is None:
        return value
    found = in_python(value)
    return plainly(found, depth) if found.__class__ is list else found


# More than the levels that a JSON value may have: one that is inside itself is refused by them.
_DEEPEST = 201
