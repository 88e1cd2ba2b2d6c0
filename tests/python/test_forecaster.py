"""The forecaster in Python; the bytes beside it are read by all three faces."""

from __future__ import annotations

import builtins
import datetime as dt
import json
import math
import pathlib
import pickle
from xml.etree import ElementTree

import pandas as pd
import polars as pl
import pytest

import trousse as tr

DAY = dt.date(2026, 1, 1)
STATES = [
    json.loads((pathlib.Path(__file__).parents[1] / "golden" / name).read_text("utf-8"))
    for name in ("forecaster.json", "forecaster-drivers.json")
]
GOLDEN = STATES[0]


def rows(name: str, start: int, y: list) -> dict:
    return {"unique_id": [name] * len(y), "ds": [DAY + dt.timedelta(start + i) for i in range(len(y))], "y": y}


WEEKS = [float(10 + 3 * (t % 7) + (t * 5 % 4)) for t in range(84)]


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame])
def test_life(frame) -> None:
    f = tr.Forecaster(models=["ets", "seasonal_naive"]).fit(frame(rows("a", 0, WEEKS)))
    assert type(f.predict(2)) is type(frame({}))
    f.update(frame(rows("a", 84, [10.0, None])))
    got = tr.Table(f.predict(3, level=[80, 95]))
    assert got["ds"][0] in (DAY + dt.timedelta(86), dt.datetime(2026, 3, 28, tzinfo=dt.timezone.utc), dt.datetime(2026, 3, 28))
    assert got["seasonal_naive"][0] == WEEKS[79]
    assert all(low < mean < high for low, mean, high in zip(got["ets-lo-95"], got["ets"], got["ets-hi-95"], strict=True))
    again = pickle.loads(pickle.dumps(f))
    assert tr.Table(again.predict(3, level=[80, 95])).to_dict() == got.to_dict()
    assert repr(again) == "<trousse.Forecaster 1 series>"
    drift = tr.Table(f.drifted())
    assert drift["updates"] == [2, 2] and drift["drifted"] == [False, False]


def test_intervals_by_name() -> None:
    f = tr.Forecaster(models=["ets"], intervals="analytic", h=3).fit(rows("a", 0, WEEKS))
    assert f.predict()["intervals"] == ["analytic"] * 3
    told = tr.forecast(rows("a", 0, WEEKS), models=["ets"], intervals="analytic", h=3)
    assert told["ets-hi-80"] == f.predict()["ets-hi-80"]
    with pytest.raises(tr.Error) as caught:
        tr.Forecaster(intervals="conformal").fit(rows("a", 0, WEEKS))
    assert (caught.value.code, caught.value.field) == ("INVALID_ARGUMENT", "intervals")


def test_integer_ids_stay_integers() -> None:
    f = tr.Forecaster(models=["naive"]).fit(pl.DataFrame({**rows("a", 0, WEEKS[:9]), "unique_id": [7] * 9}))
    assert f.predict(1)["unique_id"].to_list() == [7]


def same(expect: dict, got: dict) -> None:
    for name, values in expect.items():
        for e, g in zip(values, got[name], strict=True):
            assert (e is None and math.isnan(g)) or str(g) == e or math.isclose(g, e, rel_tol=1e-9), (name, e, g)


@pytest.mark.parametrize("golden", STATES)
def test_bytes_of_another_language(golden: dict) -> None:
    f = tr.Forecaster.from_bytes(bytes.fromhex(golden["hex"]))
    assert f.to_bytes().hex() == golden["hex"]
    for step in golden["steps"]:
        if "update" in step:
            f.update(step["update"])
        same(step["expect"], tr.Table(f.predict(**step["predict"])).to_dict())


def test_damage_is_refused(tmp_path) -> None:
    tr.Forecaster.from_bytes(bytes.fromhex(GOLDEN["hex"])).save(tmp_path / "state")
    assert len(tr.Forecaster.load(tmp_path / "state")) == 3
    with pytest.raises(tr.Error) as caught:  # what was saved says how to fit: these models, this h
        tr.Forecaster.load(tmp_path / "state").fit({"y": [math.nan]})
    assert caught.value.code == "SERIES_TOO_SHORT"
    refitted = tr.Forecaster.load(tmp_path / "state").fit({"y": [1.0, 2.0, 3.0]}).predict()
    assert len(refitted["theta"]) == 7
    state = bytearray((tmp_path / "state").read_bytes())
    for damaged, code in [(b"", "STATE_CORRUPT"), (state[:-1], "STATE_CORRUPT"), (state[:4] + b"\1" + state[5:], "STATE_VERSION")]:
        with pytest.raises(tr.Error) as caught:
            tr.Forecaster.from_bytes(damaged)
        assert caught.value.code == code
    with pytest.raises(tr.Error, match="fitted first"):
        tr.Forecaster().predict(1)


def test_plot(tmp_path, monkeypatch) -> None:
    f = tr.Forecaster(models=["AutoETS"]).fit(rows("a<b", 0, WEEKS))
    assert f.plot("a<b", h=14, history=rows("a<b", 0, WEEKS), save=tmp_path / "plot.svg") is None
    drawn = ElementTree.parse(tmp_path / "plot.svg").getroot()
    assert len(drawn.findall("{*}polygon")) == 3 and len(drawn.findall("{*}path")) == 2
    assert drawn.findtext("{*}title") == "a<b · AutoETS"
    with pytest.raises(tr.Error) as caught:
        f.plot("c")
    assert caught.value.field == "id"
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"trousse\[plot\]"):
        f.plot("a<b")


def deals(start: int, end: int, y: bool = True) -> dict:
    deal = [int(t % 3 == 0) for t in range(start, end)]
    out = {"unique_id": ["a"] * len(deal), "ds": list(range(start, end)), "deal": deal}
    return {**out, "y": [10.5 * (1 + d) for d in deal]} if y else out


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame])
def test_drivers(frame, tmp_path) -> None:
    f = tr.Forecaster(models=["auto", "ets"], h=2, season=1, drivers=["deal"]).fit(frame(deals(0, 30)))
    plain = tr.forecast(frame(deals(0, 30)), frame(deals(30, 32, False)), h=2, season=1, models=["auto", "ets"], drivers=["deal"])
    assert tr.Table(f.predict(future=frame(deals(30, 32, False)))).to_dict() == tr.Table(plain).to_dict()
    f.update(frame(deals(30, 33)))
    f.save(tmp_path / "state")
    told = tr.Table(tr.Forecaster.load(tmp_path / "state").predict(2, future=deals(33, 35, False)))
    assert told["auto"] == pytest.approx([21, 10.5], rel=1e-3) and told["ets"] == pytest.approx([21, 10.5], rel=1e-3)
    f.plot("a", future=deals(33, 35, False), save=tmp_path / "fan.svg")
    assert ElementTree.parse(tmp_path / "fan.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda f: f.predict(2), "future"),
        (lambda f: f.predict(3, future=deals(30, 32, False)), "future"),
        (lambda f: f.predict(2, future={**deals(30, 32, False), "deal": [1.0, math.nan]}), "future.deal[1]"),
        (lambda f: f.update({**deals(30, 32), "deal": [math.inf, 1.0]}), "deal[0]"),
        (lambda f: f.update({**deals(30, 32), "y": [1.0, -1.0]}), "y[1]"),
        (lambda f: tr.Forecaster().fit(deals(0, 30)).predict(2, future=deals(30, 32, False)), "drivers"),
        (lambda f: tr.Forecaster(drivers="deal"), "drivers"),
        (lambda f: tr.Forecaster(drivers=["deal"], intervals="bootstrap").fit(deals(0, 30)), "intervals"),
    ],
)
def test_drivers_that_are_refused(call, field) -> None:
    f = tr.Forecaster(models=["naive"], h=2, drivers=["deal"]).fit(deals(0, 30))
    before = f.to_bytes()
    with pytest.raises(tr.Error) as caught:
        call(f)
    assert (caught.value.code, caught.value.field) == ("INVALID_ARGUMENT", field)
    assert f.to_bytes() == before
    with pytest.raises(tr.Error, match="MISSING_COLUMN"):
        f.update({name: column for name, column in deals(30, 32).items() if name != "deal"})
