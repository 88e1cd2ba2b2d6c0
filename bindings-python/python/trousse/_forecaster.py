"""Forecasts that are kept: fitted once, brought up to date row by row, asked at any time."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from . import _core
from ._base import Progress, with_progress
from ._plot import plot
from .errors import Error, argument
from .frames import Table, arguments, arrow, kind_of, of_kind

__all__ = ["Forecaster"]


class Forecaster:
    """Fitted series and where each stands: no history is kept, an update takes O(1) a value.

    Parameters
    ----------
    models : sequence of str, default ("auto",)
        The columns of forecasts, as in ``trousse.forecast``: ``auto``, ``ets``, ``AutoETS`` …
    h : int, default 14
        Periods ahead whose spread is measured; beyond them it grows with the square root of time.
    freq : str | None, default None
        Step between periods: ``D``, ``W``, ``MS`` …; by default it is read off the frame.
    season : int, default 0
        Periods in a season; 1 for none, 0 for that of the step.
    seasons : sequence of int, default ()
        Further, longer seasons, for ``mstl``.
    intervals : str, default "auto"
        How intervals are made: ``auto`` or ``analytic``. Other ways need errors of the past, which are not kept.
    candidates : sequence of str, default ()
        Models that ``auto`` chooses among.
    pool : str, default "standard"
        Which models ``auto`` tries where none are named: ``fast`` or ``standard``.
    windows : int, default 3
        Rolling-origin windows on which the models are scored.
    non_negative : bool, default True
        Whether a series without negative values gets no negative forecast.
    id_column, time_column, target_column : str, default "unique_id", "ds", "y"
        The columns of names, times and values.
    in_stock : str | None, default None
        Column of the share of each period, 0–1, in which the item could be bought.
    gaps : str, default "missing"
        What a period without a row means: ``missing`` or ``zero``.
    drivers : sequence of str, default ()
        Columns of what is known ahead (price, promotions), as in ``trousse.forecast``: ``fit`` and ``update`` read them from ``df``,
        ``predict`` from ``future``.
    group_column, market_column, on_sale : str | None, default None
        Columns beside the drivers, as in ``trousse.forecast``.
    refit_every : int | None, default None
        After so many periods a series is due to be fitted anew; None for never.
    refit_on_drift : bool, default True
        Whether a series that drifted is due to be fitted anew.

    Examples
    --------
    >>> import trousse as tr
    >>> sales = {"unique_id": ["a"] * 3, "ds": ["2026-11-01", "2026-11-02", "2026-11-03"], "y": [4.0, 5.0, 6.0]}
    >>> f = tr.Forecaster(models=["naive"]).fit(sales)
    >>> f.update({"unique_id": ["a"], "ds": ["2026-11-04"], "y": [9.0]}).predict(2)["naive"]
    [9.0, 9.0]

    >>> deals = [1, 0, 0] * 10
    >>> f = tr.Forecaster(drivers=["deal"]).fit({"ds": list(range(30)), "y": [10.0 + 10 * d for d in deals], "deal": deals})
    >>> [round(y) for y in f.predict(2, future={"ds": [30, 31], "deal": [1, 0]})["auto"]]
    [20, 10]
    """

    def __init__(
        self,
        models: Sequence[str] = ("auto",),
        *,
        h: int = 14,
        freq: str | None = None,
        season: int = 0,
        seasons: Sequence[int] = (),
        intervals: str = "auto",
        candidates: Sequence[str] = (),
        pool: str = "standard",
        windows: int = 3,
        non_negative: bool = True,
        id_column: str = "unique_id",
        time_column: str = "ds",
        target_column: str = "y",
        in_stock: str | None = None,
        gaps: str = "missing",
        drivers: Sequence[str] = (),
        group_column: str | None = None,
        market_column: str | None = None,
        on_sale: str | None = None,
        refit_every: int | None = None,
        refit_on_drift: bool = True,
    ) -> None:
        if isinstance(models, str):
            raise argument("models", "a list of names", models)
        if isinstance(drivers, str):
            raise argument("drivers", "a list of names", drivers)
        self._params: dict[str, Any] = {
            "models": list(models), "h": h, "freq": freq, "season": season, "seasons": list(seasons), "intervals": intervals,
            "candidates": list(candidates), "pool": pool, "windows": windows, "non_negative": non_negative,
            "id_column": id_column, "time_column": time_column, "target_column": target_column, "in_stock": in_stock,
            "gaps": gaps, "drivers": list(drivers), "group_column": group_column, "market_column": market_column, "on_sale": on_sale,
            "refit_every": refit_every, "refit_on_drift": refit_on_drift,
        }  # fmt: skip
        self._native: _core.Forecaster | None = None
        self._kind = "dict"

    def fit(self, df: Any, *, progress: Progress = False) -> Forecaster:
        """Fits each series of a frame; what was fitted before is gone.

        Parameters
        ----------
        df : frame
            ``unique_id, ds, y``: pandas, polars, pyarrow or a dict of columns. Answers are frames of its kind.
        progress : bool or callable, default False
            True for a bar, or a function of ``(done, total)``.

        Raises
        ------
        Error
            As ``trousse.forecast``. A series that cannot be fitted keeps its error and takes nothing from the others.
        """
        frames, text = {"df": arrow(df, "df")}, arguments(self._params)
        self._native = with_progress("fit", progress, lambda report: _core.Forecaster.fit(frames, text, report))
        self._kind = kind_of(df)
        return self

    def refit(self, df: Any, *, progress: Progress = False) -> Forecaster:
        """Fits the series of a frame anew, and those that are new; all others stay as they are."""
        self._call("refit", {"df": df}, {}, progress)
        return self

    def update(self, df: Any) -> Forecaster:
        """Takes new rows in, each series' after its last value; a period that is left out is a gap. All rows or none.

        Raises
        ------
        Error
            INVALID_ARGUMENT naming the row, DUPLICATE_TIME, NAN_IN_SERIES, MISSING_COLUMN, WRONG_COLUMN_TYPE.
        """
        self._call("update", {"df": df}, {}, False)
        return self

    def predict(
        self, h: int | None = None, level: Sequence[float] = (80.0,), *, future: Any = None, progress: Progress = False
    ) -> Any:
        """Forecasts each series from where it stands: a frame of the kind that was fitted, as ``trousse.forecast``.

        Parameters
        ----------
        h : int | None, default None
            Periods to forecast; None for the ``h`` it was made with.
        level : sequence of float, default (80,)
            Levels of the intervals in percent.
        future : frame | None, default None
            With drivers: ``unique_id, ds`` and the drivers, a row for each of the ``h`` periods of a series. One that lacks
            a row keeps its error.
        """
        frames = {} if future is None else {"future": future}
        return self._call("predict", frames, {"h": h, "level": list(level)}, progress)

    def drifted(self) -> Any:
        """How each series fares since it was fitted: ``unique_id, model, updates, drift, drifted, due``.

        ``drift`` is the larger of two cumulative sums of its errors (Page 1954), ``drifted`` whether it is above 8,
        ``due`` whether it wants ``refit`` by ``refit_every`` or ``refit_on_drift``.
        """
        return self._call("drifted", {}, {}, False)

    def to_bytes(self) -> bytes:
        """The state as bytes, which Rust, Python and Node read alike."""
        return self._fitted().save()

    @classmethod
    def from_bytes(cls, state: bytes) -> Forecaster:
        """The state that ``to_bytes`` wrote, in any language.

        Raises
        ------
        Error
            STATE_CORRUPT for bytes that are none or damaged, STATE_VERSION for those of another version.
        """
        own = cls()
        own._native = _core.Forecaster.load(bytes(state))
        own._params = json.loads(own._native.params())
        return own

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the state to a file."""
        pathlib.Path(path).write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Forecaster:
        """Reads the state from a file."""
        return cls.from_bytes(pathlib.Path(path).read_bytes())

    def plot(
        self,
        id: Any,
        h: int | None = None,
        level: Sequence[float] = (50.0, 80.0, 95.0),
        *,
        model: str | None = None,
        history: Any = None,
        future: Any = None,
        save: str | os.PathLike[str] | None = None,
        ax: Any = None,
    ) -> Any:
        """Shows a series: its history, what is expected, and a fan of intervals.

        Parameters
        ----------
        id : str
            The series.
        h, level
            As in ``predict``.
        model : str | None, default None
            The column to show; None for the first.
        history : frame, default None
            The rows to show before the forecast, as they were fitted.
        future : frame | None, default None
            With drivers, as in ``predict``.
        save : path | None, default None
            Writes an SVG file, which needs no other package, and answers nothing.
        ax : matplotlib Axes, default None
            Where to draw.

        Returns
        -------
        matplotlib Axes
            Needs matplotlib: ``pip install "trousse[plot]"``.
        """
        levels = sorted(set(level))
        ahead = {} if future is None else {"future": arrow(future, "future")}
        native = self._fitted().call("predict", ahead, arguments({"h": h, "level": levels}), None)
        past = None if history is None else _core.Table.read(arrow(history, "history"))
        target = self._params["target_column"]
        return plot(Table(native), None if past is None else Table(past), target, str(id), levels, model, save, ax)

    def _fitted(self) -> _core.Forecaster:
        if self._native is None:
            raise Error("INVALID_ARGUMENT", "the forecaster must be fitted first", {"field": "fit"})
        return self._native

    def _call(self, name: str, frames: dict[str, Any], values: dict[str, Any], progress: Progress) -> Any:
        native, text = self._fitted(), arguments(values)
        streams = {key: arrow(frame, key) for key, frame in frames.items()}
        answer = with_progress(name, progress, lambda report: native.call(name, streams, text, report))
        self._kind = kind_of(next(iter(frames.values()))) if frames else self._kind
        return of_kind(answer, self._kind)

    def __len__(self) -> int:
        return 0 if self._native is None else len(self._native)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        state = "not fitted" if self._native is None else f"{len(self)} series"
        return f"<trousse.Forecaster {state}>"

    def __getstate__(self) -> dict[str, Any]:
        state = None if self._native is None else self.to_bytes()
        return {"params": self._params, "kind": self._kind, "state": state}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._params, self._kind = state["params"], state["kind"]
        self._native = None if state["state"] is None else _core.Forecaster.load(state["state"])
