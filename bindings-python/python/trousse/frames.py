"""Frames: any kind in, the same kind out; rows and tables that turn into frames."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import json
import math
import os
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

from . import _core
from .errors import Error, argument

__all__ = ["Rows", "Table"]

R = TypeVar("R")

#: Rows that a repr shows.
SHOWN = 10


class Table(Mapping[str, "list[Any]"]):
    """A small table: a mapping of columns that turns into any frame.

    ``to_pandas``, ``to_polars`` and ``to_arrow`` keep the types of the columns; any other library that reads the
    Arrow PyCapsule protocol takes the table as it is.

    Frames come in through that protocol. Floats, 64-bit integers, dates and instants in milliseconds are used where they
    lie, unless they miss values, and are not to be changed while a call lasts; the chunks of a frame in several are
    copied together once, and other types are converted in one pass. Numbers, days and instants leave without a copy,
    however often. Categories come back as the same categories, texts as texts.
    """

    __slots__ = ("_native",)

    def __init__(self, columns: Any) -> None:
        self._native = columns if isinstance(columns, _core.Table) else _core.Table.read(arrow(columns, "columns"))

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return self._native.names()

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self._native)

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self.columns:
            raise KeyError(name)
        return self._native.column(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns as lists; days are ``datetime.date``."""
        return {name: self._native.column(name) for name in self._native.names()}

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dicts."""
        columns = self.to_dict()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def to_pandas(self) -> Any:
        """The table as a ``pandas.DataFrame``; days are ``datetime64``."""
        return _pandas(self)

    def to_polars(self) -> Any:
        """The table as a ``polars.DataFrame``."""
        return _polars(self)

    def to_arrow(self) -> Any:
        """The table as a ``pyarrow.Table``."""
        return _arrow(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._native.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"Table: {self.height} rows\n{_text(self.columns, self.rows()[:SHOWN], self.height)}"

    def _repr_html_(self) -> str:
        return _html(self.columns, self.rows()[:SHOWN], self.height)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Table, (self.to_dict(),))


class Rows(Sequence[R], Generic[R]):
    """The rows of an answer: a sequence of dataclasses that turns into any frame."""

    __slots__ = ("_items", "_kind")

    def __init__(self, kind: type[R], items: Iterable[R]) -> None:
        self._kind = kind
        self._items = tuple(items)

    @overload
    def __getitem__(self, at: int) -> R: ...
    @overload
    def __getitem__(self, at: slice) -> Rows[R]: ...
    def __getitem__(self, at: int | slice) -> R | Rows[R]:
        return Rows(self._kind, self._items[at]) if isinstance(at, slice) else self._items[at]

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rows):
            return self._items == other._items
        return list(self._items) == other if isinstance(other, list) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._items)

    @property
    def columns(self) -> list[str]:
        """The names of the fields, in order."""
        return [field.name for field in dataclasses.fields(self._kind)]  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns as lists; days are ``datetime.date``."""
        return {name: [getattr(item, name) for item in self._items] for name in self.columns}

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dicts."""
        return [item.to_dict() for item in self._items]  # type: ignore[attr-defined]

    def to_pandas(self) -> Any:
        """The rows as a ``pandas.DataFrame``; days are ``datetime64``."""
        return _pandas(self)

    def to_polars(self) -> Any:
        """The rows as a ``polars.DataFrame``."""
        return _polars(self)

    def to_arrow(self) -> Any:
        """The rows as a ``pyarrow.Table``."""
        return _arrow(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows as an Arrow stream; what is no scalar goes as JSON text."""
        columns = []
        for name, kind in _kinds(self._kind).items():
            values = [getattr(item, name) for item in self._items]
            columns.append((name, kind, [None if v is None else _CELL[kind](v) for v in values]))
        return _core.stream_of_rows(columns)

    def __repr__(self) -> str:
        if not self._items:
            return f"Rows[{self._kind.__name__}]: none"
        rows = [{name: getattr(item, name) for name in self.columns} for item in self._items[:SHOWN]]
        return f"Rows[{self._kind.__name__}]: {len(self)}\n{_text(self.columns, rows, len(self))}"

    def _repr_html_(self) -> str:
        rows = [{name: getattr(item, name) for name in self.columns} for item in self._items[:SHOWN]]
        return _html(self.columns, rows, len(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Rows, (self._kind, self._items))


_EPOCH = dt.date(1970, 1, 1).toordinal()

_CELL: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "integer": int,
    "float": float,
    "bool": bool,
    "day": lambda day: day.toordinal() - _EPOCH,
    "instant": lambda instant: milliseconds(instant),
    "json": lambda value: json.dumps(plain(value), ensure_ascii=False),
}


def _kinds(kind: type[Any]) -> dict[str, str]:
    """The kind of each field of a row, from its annotation."""
    scalars = {str: "text", int: "integer", float: "float", bool: "bool", dt.date: "day", dt.datetime: "instant"}
    found = {}
    for name, hint in typing.get_type_hints(kind, vars(_generated())).items():
        inner = [arm for arm in typing.get_args(hint) if arm is not type(None)] or [hint]
        literal = typing.get_origin(hint) is typing.Literal
        found[name] = "text" if literal else scalars.get(inner[0] if len(inner) == 1 else object, "json")
    return found


def _generated() -> Any:
    from . import _generated

    return _generated


def milliseconds(instant: dt.datetime) -> int:
    """Milliseconds since 1970 in UTC, exact."""
    since = instant - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def day(text: str | None) -> Any:
    """A day of an answer."""
    return None if text is None else dt.date.fromisoformat(text)


def instant(text: str | None) -> Any:
    """An instant of an answer."""
    return None if text is None else dt.datetime.fromisoformat(text)


# What goes into a call.


def plain(value: Any, field: str = "") -> Any:
    """A value as JSON knows it: days and instants as ISO text, paths as text, dataclasses as objects, scalars of NumPy as numbers."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise argument(field or "value", "a finite number", value)
    if isinstance(value, dt.datetime):
        if value.utcoffset() is None:
            raise argument(field or "instant", "a datetime with a time zone", value.isoformat())
        return value.astimezone(dt.timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name.rstrip("_"): plain(getattr(value, f.name), join(field, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        if field.rpartition(".")[2] == "lines":
            return [{"sku": sku, "quantity": plain(n, f"{field}.{sku}")} for sku, n in value.items()]
        return {str(key): plain(inner, join(field, str(key))) for key, inner in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)) and not hasattr(value, "item"):
        return [plain(inner, f"{field}[{i}]") for i, inner in enumerate(value)]
    for method in ("tolist", "item"):
        if hasattr(value, method):
            return plain(getattr(value, method)(), field)
    raise argument(field or "value", "text, a number, a date, a list or a dict", type(value).__name__)


def join(path: str, field: str) -> str:
    """The path of a field."""
    return f"{path}.{field}" if path else field


def arguments(values: dict[str, Any]) -> str:
    """The arguments of a call as JSON."""
    return json.dumps({key: plain(value, key) for key, value in values.items() if value is not None})


def day_argument(value: Any, field: str) -> Any:
    """A day: a date, ISO text, or a datetime, which is cut to its own day."""
    return value.date().isoformat() if isinstance(value, dt.datetime) else value


def instant_argument(value: Any) -> Any:
    """An instant: an aware datetime, ISO text or milliseconds."""
    return None if value is None else plain(value, "now")


# Frames.


def library(frame: Any) -> str:
    """The library of a frame, by its type."""
    return type(frame).__module__.partition(".")[0]


def arrow(frame: Any, field: str) -> Any:
    """A frame as something that the native part reads: an Arrow stream or a dict of lists."""
    if isinstance(frame, Table):
        return frame._native
    if isinstance(frame, Mapping):
        return {str(name): _list(values, str(name)) for name, values in frame.items()}
    if not hasattr(frame, "__arrow_c_stream__"):
        hint = ": call collect() first" if library(frame) == "polars" else ""
        raise argument(field, f"a frame or a dict of columns{hint}", type(frame).__name__)
    if library(frame) == "pandas":
        _pyarrow("pandas frames")
        return _PandasStream(frame)
    return frame


def one_series(values: Any) -> Any:
    """A plain series of numbers (a list, a one-dimensional array, a Series), or None."""
    if isinstance(values, (list, tuple)):
        return values
    is_series = type(values).__name__ == "Series" and library(values) in ("pandas", "polars")
    return values if is_series or library(values) == "numpy" and getattr(values, "ndim", 0) == 1 else None


class _PandasStream:
    """A pandas frame whose objects that Arrow does not understand are named by column."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        pyarrow = _pyarrow("pandas frames")
        if getattr(self._frame, "ndim", 2) == 1:
            raise argument("frame", "a frame or a dict of columns", type(self._frame).__name__)
        names, arrays = [], []
        for i, name in enumerate(self._frame.columns):
            column = self._frame.iloc[:, i]
            try:
                array = pyarrow.array(column, from_pandas=True)
            except (pyarrow.ArrowException, TypeError, ValueError) as error:
                expected = "text, numbers, booleans, days or instants"
                raise wrong_type(str(name), expected, f"{column.dtype}: {error}") from error
            names.append(str(name))
            arrays.append(array)
        table: Any = pyarrow.Table.from_arrays(arrays, names=names)
        return table.__arrow_c_stream__()


def wrong_type(column: str, expected: str, got: str) -> Error:
    """A column of another type than needed, as the core spells it."""
    fields = {"column": column, "expected": expected, "got": got}
    return Error("WRONG_COLUMN_TYPE", f"column {column} must be {expected}, got {got}", fields)


def _list(values: Any, name: str) -> Any:
    kind = str(getattr(values, "dtype", ""))
    if library(values) == "numpy":
        if values.ndim != 1:
            raise wrong_type(name, "one-dimensional", f"an array of {values.ndim} dimensions")
        if kind.startswith("datetime64"):
            values = values.astype("datetime64[D]" if kind == "datetime64[D]" else "datetime64[us]")
        return values if kind in ("float64", "int64") else values.tolist()
    for method in ("tolist", "to_list", "to_pylist"):
        if hasattr(values, method):
            return getattr(values, method)()
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise wrong_type(name, "a list or an array", type(values).__name__)
    return list(values)


def like(native: _core.Table, frame: Any) -> Any:
    """A table of the core as a frame of the caller's kind."""
    return of_kind(native, kind_of(frame))


def kind_of(frame: Any) -> str:
    """The kind of a frame: ``dict`` or its library."""
    return "dict" if isinstance(frame, Mapping) and not isinstance(frame, Table) else library(frame)


def of_kind(native: _core.Table, kind: str) -> Any:
    """A table of the core as a frame of a kind."""
    make: dict[str, Callable[[Table], Any]] = {"dict": Table.to_dict, "pandas": _pandas, "polars": _polars, "pyarrow": _arrow}
    return make[kind](Table(native)) if kind in make else Table(native)


def records(value: Any, field: str) -> list[dict[str, Any]]:
    """Rows as dicts without what is missing, from any frame or iterable of dicts or dataclasses."""
    if isinstance(value, (Table, Rows)):
        rows: Any = value.rows() if isinstance(value, Table) else value.to_dicts()
    elif isinstance(value, Mapping):
        columns = {str(name): list(_list(values, str(name))) for name, values in value.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise argument(field, "columns of one length", lengths)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    elif hasattr(value, "to_pylist"):
        rows = value.to_pylist()
    elif hasattr(value, "to_dicts"):
        rows = value.to_dicts()
    elif library(value) == "pandas":
        rows = value.to_dict(orient="records")
    elif isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        rows = list(value)
    else:
        raise argument(field, "a frame, or a list of dicts or dataclasses", type(value).__name__)
    return [_record(row, f"{field}[{i}]") for i, row in enumerate(rows)]


def _record(row: Any, field: str) -> dict[str, Any]:
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        row = {f.name.rstrip("_"): getattr(row, f.name) for f in dataclasses.fields(row)}
    if not isinstance(row, Mapping):
        raise argument(field, "a dict or a dataclass", type(row).__name__)
    return {str(key): value for key, value in row.items() if not _missing(value)}


def _missing(value: Any) -> bool:
    """None, NaN, NaT and NA: whatever does not equal itself."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return isinstance(value, (float, dt.date)) and value != value


def catalog(value: Any, field: str) -> list[dict[str, Any]]:
    """Catalogue entries: comma-separated text for lists, whole minor units for money, floats of frames as integers."""
    rows = records(value, field)
    for row in rows:
        for name in ("ingredients", "attributes"):
            if isinstance(row.get(name), str):
                row[name] = [part.strip() for part in row[name].split(",") if part.strip()]
        for name, found in row.items():
            if hasattr(found, "item") and not hasattr(found, "__len__"):
                found = row[name] = found.item()
            if isinstance(found, float) and found.is_integer():
                found = row[name] = int(found)
            if name in ("price", "cost") and isinstance(found, int) and not isinstance(found, bool):
                row[name] = {"minor": found}
    return rows


def _pyarrow(what: str) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        extra = "pandas" if what.startswith("pandas") else "arrow"
        message = f'{what} need pyarrow: pip install "trousse[{extra}]", or pass a dict of columns'
        raise ImportError(message) from error
    return pyarrow


def _arrow(table: Any) -> Any:
    return _pyarrow("pyarrow tables").table(_Stream(table))


def _pandas(table: Any) -> Any:
    return _pyarrow("pandas frames").table(_Stream(table)).to_pandas(date_as_object=False)


def _polars(table: Any) -> Any:
    try:
        import polars
    except ImportError as error:
        raise ImportError('polars frames need polars: pip install "trousse[polars]"') from error
    return polars.DataFrame(_Stream(table))


class _Stream:
    """Nothing but the Arrow stream: libraries look at mappings and sequences first."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


# What a row looks like.


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    text = str(value) if not isinstance(value, (tuple, list)) else f"{len(value)} …"
    return text if len(text) <= 40 else f"{text[:39]}…"


def _text(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], total: int) -> str:
    cells = [list(columns), *([_shown(row[name]) for name in columns] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    if total > len(rows):
        lines.append(f"… {total - len(rows)} more")
    return "\n".join(lines)


def _html(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], total: int) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_shown(row[name]))}</td>" for name in columns) + "</tr>" for row in rows
    )
    more = f"<p>… {total - len(rows)} more</p>" if total > len(rows) else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
