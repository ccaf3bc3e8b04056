"""Files of records: written at once or not at all, and read with the place of each."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from importlib import import_module
from itertools import count, islice
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar

from pydantic_core import to_json

from convexgen.data.records import Column, DataError, Records, Row, parsed
from convexgen.files.reading import MOST_BYTES

JSON_LINES, CSV, PARQUET = "jsonl", "csv", "parquet"
FORMATS = (JSON_LINES, CSV, PARQUET)

_SUFFIXES = {".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".csv": CSV, ".parquet": PARQUET}
_ROWS_PER_GROUP = 1000
_ARROW_TYPES = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool_",
}

_TOO_LONG = f"the line has more than {MOST_BYTES // 2**20} MiB"

T = TypeVar("T", str, bytes)

Placed: TypeAlias = tuple[str, bytes]
"""Where a record is, and its row in JSON."""


def format_of(path: Path) -> str:
    """The format of a file, by the end of its name. Raises DataError."""
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise DataError(
            f"{path}: its name does not say what it is: --format {', '.join(FORMATS[:-1])} or "
            f"{PARQUET} does"
        )
    return found


def write(file: IO[bytes], output: str, records: Records, rows: Iterable[Row]) -> None:
    """Write the rows. Raises DataError where a package is missing."""
    _WRITERS[output](file, records, rows)


def read(path: Path, form: str, records: Records) -> Iterator[Placed]:
    """The records. Raises DataError for what is no file of that format, with the place."""
    if not path.is_file():
        raise DataError(
            f"{path}: it is no regular file, and a file is read twice: all of it is checked before "
            "any of it is saved"
        )
    if form != PARQUET:
        _check_encoding(path)
    return _READERS[form](path, records)


def _check_encoding(path: Path) -> None:
    """Raises DataError for a text of another encoding, which its first two characters tell."""
    with path.open("rb") as file:
        start = file.read(4)
    # By their marks, or by what they have beside the characters of ASCII that a text begins with.
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start:
        raise DataError(f"{path}: it is UTF-16 or UTF-32, and is read as UTF-8: save it as that")


def _write_lines(file: IO[bytes], _: Records, rows: Iterable[Row]) -> None:
    for row in rows:
        file.write(to_json(row) + b"\n")


def _read_lines(path: Path, _: Records) -> Iterator[Placed]:
    with path.open("rb") as file:
        for number, line in enumerate(_lines(path, file.readline), 1):
            place = f"{path}:{number}"
            row = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not row.isascii():
                try:
                    row.decode()
                except UnicodeDecodeError as error:
                    raise DataError(f"{place}: it is no UTF-8: {error}") from None
            if row.strip():
                yield place, row


def _lines(path: Path, read_line: Callable[[int], T]) -> Iterator[T]:
    """The lines of a file. Raises DataError where one has no end that fits in memory."""
    for number in count(1):
        line = read_line(MOST_BYTES + 1)
        if len(line) > MOST_BYTES:
            raise DataError(f"{path}:{number}: {_TOO_LONG}")
        if not line:
            return
        yield line


def _write_csv(file: IO[bytes], records: Records, rows: Iterable[Row]) -> None:
    writer = csv.writer(_Encoded(file), lineterminator="\n")
    writer.writerow([column.name for column in records.columns])
    for row in rows:
        writer.writerow([_cell(column, row) for column in records.columns])


class _Encoded:
    """Text that is written to a file of bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


def _cell(column: Column, row: Row) -> str:
    """A value as a cell: nothing where it is absent, text as it is where that means it."""
    if column.name not in row:
        return ""
    value = row[column.name]
    if isinstance(value, str) and column.kind in ("text", "moment") and _is_plain(value):
        return value
    return to_json(value).decode()


def _is_plain(text: str) -> bool:
    return text not in ("", "null") and not text.startswith('"')


def _read_csv(path: Path, records: Records) -> Iterator[Placed]:
    columns = {column.name: column for column in records.columns}
    with path.open(encoding="utf-8-sig", newline="") as file:
        # It is of all of Python, and by default less than a document may have.
        csv.field_size_limit(MOST_BYTES)
        reader = csv.reader(_lines(path, file.readline), strict=True)
        try:
            names = next(reader, list[str]())
            _check_names(f"{path}:1", names, columns)
            last = reader.line_num
            for cells in reader:
                place, last = f"{path}:{last + 1}", reader.line_num
                if len(cells) != len(names):
                    raise DataError(
                        f"{place}: it has {len(cells)} cells, and the first line {len(names)}"
                    )
                yield (
                    place,
                    to_json(
                        {
                            name: _value(place, columns[name], cell)
                            for name, cell in zip(names, cells, strict=True)
                            if cell
                        }
                    ),
                )
        except csv.Error as error:
            raise DataError(f"{path}:{reader.line_num}: it is no CSV: {error}") from None
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: it is no UTF-8: {error}") from None


def _value(place: str, column: Column, cell: str) -> Any:
    if column.kind in ("text", "moment") and _is_plain(cell):
        return cell
    if column.kind in ("text", "moment") and cell == "null" and not column.may_be_null:
        return cell
    try:
        return parsed(cell)
    except DataError as error:
        raise DataError(f"{place}: `{column.name}`: {error}") from None


def _check_names(place: str, names: list[str], columns: Mapping[str, Column]) -> None:
    for name in names:
        if name not in columns:
            raise DataError(
                f"{place}: there is no field {name!r}; the fields are {', '.join(columns)}"
            )
        if names.count(name) > 1:
            raise DataError(f"{place}: `{name}` is named twice")


def _arrow(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise DataError(
            "Parquet needs a package that is not installed: pip install 'convexgen[parquet]'"
        ) from None


def _is_json(column: Column) -> bool:
    """Whether its column has JSON: no other tells null from what is absent."""
    return column.kind == "json" or (column.may_be_null and column.may_be_absent)


def _arrow_column(arrow: Any, column: Column) -> tuple[Any, Callable[[Any], Any]]:
    """The type of a column, and what a value that is no null is in it."""
    if _is_json(column):
        return arrow.string(), lambda value: to_json(value).decode()
    if column.kind == "moment":
        return arrow.timestamp("us", tz="UTC"), datetime.fromisoformat
    return getattr(arrow, _ARROW_TYPES[column.kind])(), _same


def _same(value: Any) -> Any:
    return value


def _write_parquet(file: IO[bytes], records: Records, rows: Iterable[Row]) -> None:
    arrow, parquet = _arrow("pyarrow"), _arrow("pyarrow.parquet")
    columns = [(column, *_arrow_column(arrow, column)) for column in records.columns]
    schema = arrow.schema([(column.name, kind) for column, kind, _ in columns])
    iterator = iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while group := list(islice(iterator, _ROWS_PER_GROUP)):
            values = {
                column.name: [_in_arrow(column, row, convert) for row in group]
                for column, _, convert in columns
            }
            writer.write_table(arrow.table(values, schema=schema))


def _in_arrow(column: Column, row: Row, convert: Callable[[Any], Any]) -> Any:
    if column.name not in row or (row[column.name] is None and not _is_json(column)):
        return None
    return convert(row[column.name])


def _read_parquet(path: Path, records: Records) -> Iterator[Placed]:
    rows = _parquet_rows(path, _arrow("pyarrow.parquet"), records)
    while True:
        try:
            placed = next(rows, None)
        except DataError:
            raise
        except Exception as error:  # It raises many kinds, for what is damaged anywhere in it.
            raise DataError(f"{path}: it is no Parquet that can be read: {error!r}") from None
        if placed is None:
            return
        yield placed


def _parquet_rows(path: Path, parquet: Any, records: Records) -> Iterator[Placed]:
    columns = {column.name: column for column in records.columns}
    with parquet.ParquetFile(path) as file:
        _check_names(str(path), file.schema_arrow.names, columns)
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS_PER_GROUP):
            for values in batch.to_pylist():
                number += 1
                place = f"{path}: row {number}"
                row = {
                    name: _of_arrow(place, columns[name], value)
                    for name, value in values.items()
                    if value is not None or _is_null(columns[name])
                }
                yield place, to_json(row, bytes_mode="base64")


def _is_null(column: Column) -> bool:
    """Whether nothing in its column is null, and not absent."""
    return column.may_be_null and not _is_json(column)


def _of_arrow(place: str, column: Column, value: Any) -> Any:
    if not (_is_json(column) and isinstance(value, str)):
        return value
    try:
        return parsed(value)
    except DataError as error:
        raise DataError(f"{place}: `{column.name}`: {error}") from None


_WRITERS = {JSON_LINES: _write_lines, CSV: _write_csv, PARQUET: _write_parquet}
_READERS = {JSON_LINES: _read_lines, CSV: _read_csv, PARQUET: _read_parquet}
