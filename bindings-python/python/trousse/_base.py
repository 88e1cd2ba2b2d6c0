"""What every engine does: sends inputs, asks, shows progress."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from . import _core
from .errors import Error
from .frames import arguments, arrow, instant_argument, like

#: Shows how much is done: True for a bar on stderr, or a function of ``(done, total)``.
Progress = bool | Callable[[int, int], object]

#: Work below this shows no bar.
BAR_AFTER_SECONDS = 2.0


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
