"""What every engine does: sends inputs, asks, shows progress."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from . import _core
from .errors import Error
from .frames import arguments, arrow, instant_argument, like, one_series

if TYPE_CHECKING:
    from ._generated import ChangeRow

#: Shows how much is done: True for a bar on stderr, or a function of ``(done, total)``.
Progress = bool | Callable[[int, int], object]

#: Functions that also take one plain series of numbers.
SERIES = ("forecast", "cross_validation", "forecast_paths", "forecast_totals")

#: Work below this shows no bar.
BAR_AFTER_SECONDS = 2.0


class Row:
    """What the dataclasses of rows and arguments share, written once: compiled for each of them it takes a fifth of the import."""

    __slots__: tuple[str, ...] = ()

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__qualname__}({fields})"

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())


class _Bar:
    """A bar on stderr for work that lasts."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begin = time.monotonic()
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        elapsed = time.monotonic() - self._begin
        if elapsed < BAR_AFTER_SECONDS and not self._shown:
            return
        self._shown = True
        filled = 30 * done // total
        left = f"{elapsed * (total - done) / done:.0f} s left" if done else "…"
        sys.stderr.write(f"\r{self._name} {'█' * filled}{'░' * (30 - filled)} {done}/{total} {left}   ")
        sys.stderr.flush()

    def close(self) -> None:
        if self._shown:
            sys.stderr.write("\n")


def with_progress(name: str, progress: Progress, work: Callable[[Any], Any]) -> Any:
    """Runs work with a bar, a callable or nothing."""
    if progress is not True:
        return work(progress or None)
    bar = _Bar(name)
    try:
        return work(bar)
    finally:
        bar.close()


def call(name: str, values: dict[str, Any]) -> Any:
    """Runs a pure function."""
    return json.loads(_core.call(name, arguments(values)))


def call_frame(name: str, frames: dict[str, Any], values: dict[str, Any], progress: Progress) -> Any:
    """Runs a function over frames and answers with a frame of the first one's kind, or with a Table."""
    first = next(iter(frames.values()), None)
    if name in SERIES and (plain := one_series(first)) is not None:
        first = frames["df"] = {values["target_column"]: plain}
    streams = {key: arrow(frame, key) for key, frame in frames.items() if frame is not None}
    text = arguments(values)
    native = with_progress(name, progress, lambda report: _core.call_frame(name, streams, text, report))
    return like(native, first)


class Base:
    """An engine and its journal."""

    _native: _core.Engine
    _folder: str | None

    def __init__(self, folder: str | os.PathLike[str] | None, options: dict[str, Any]) -> None:
        text = arguments(options)
        self._folder = None if folder is None else os.fspath(folder)
        self._closed = False
        self._native = _core.Engine.memory(text) if self._folder is None else _core.Engine.open(self._folder, text)

    def _door(self, name: str, values: dict[str, Any]) -> Any:
        values["now"] = instant_argument(values.get("now"))
        return json.loads(self._native.door(name, arguments(values)))

    def _door_frame(self, name: str, frames: dict[str, Any], values: dict[str, Any]) -> Any:
        values["now"] = instant_argument(values.get("now"))
        first = next(iter(frames.values()), None)
        streams = {key: arrow(frame, key) for key, frame in frames.items() if frame is not None}
        return like(self._native.door_frame(name, streams, arguments(values)), first)

    def _query(self, name: str, values: dict[str, Any]) -> Any:
        values["now"] = instant_argument(values.get("now"))
        return json.loads(self._native.query(name, arguments(values)))

    def _query_long(self, name: str, values: dict[str, Any], progress: Progress) -> Any:
        values["now"] = instant_argument(values.get("now"))
        text = arguments(values)
        return json.loads(with_progress(name, progress, lambda report: self._native.query_long(name, text, report)))

    def _query_frame(self, name: str, values: dict[str, Any], progress: Progress) -> Any:
        values["now"] = instant_argument(values.get("now"))
        text = arguments(values)
        return with_progress(name, progress, lambda report: self._native.query_frame(name, text, report))

    def watch(
        self, since: int = 0, *, interval_s: float = 0.2, timeout_s: float | None = None
    ) -> Iterator[tuple[int, ChangeRow]]:
        """Yields the shelves that change, each as it is then, with the cursor to go on from after it.

        Parameters
        ----------
        since : int, default 0
            The cursor of the last row that was dealt with; 0 from the beginning.
        interval_s : float, default 0.2
            How long to wait where there is nothing new, in seconds.
        timeout_s : float | None, default None
            Ends once nothing came for so long; None goes on until the engine is closed.

        Returns
        -------
        Iterator[tuple[int, ChangeRow]]
            Cursor and row. A page of rows that was not read to its end comes again.

        Raises
        ------
        Error
            With code INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        from ._generated import ChangeRow

        heard = time.monotonic()
        while True:
            try:
                self._refresh()
                page = self._query("changes", {"since": since})
            except Error as error:
                if error.code == "CLOSED":
                    return
                raise
            rows = page["rows"]
            for i, row in enumerate(rows):
                yield page["cursor"] if i + 1 == len(rows) else since, ChangeRow._of(row)
            since = page["cursor"]
            if rows:
                heard = time.monotonic()
            elif timeout_s is not None and time.monotonic() - heard >= timeout_s:
                return
            if not page["more"]:
                time.sleep(interval_s)

    def _refresh(self) -> None:
        """Takes in what another process wrote, where that is what the engine does."""

    def close(self) -> None:
        """Answers all that is queued and releases the journal; later calls raise ``CLOSED``."""
        self._closed = True
        self._native.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = "in memory" if self._folder is None else repr(self._folder)
        if self._closed:
            return f"<trousse.{type(self).__name__} {where}, closed>"
        try:
            at = json.loads(self._native.query("position", "{}"))
        except Error as error:
            return f"<trousse.{type(self).__name__} {where}, {error.code}>"
        return f"<trousse.{type(self).__name__} {where}, {at['sequence']} events, now {at['now']}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"a trousse.{type(self).__name__} cannot be pickled: open its folder there instead")
