"""Forecasts from day to day: fit once, take each day's sales in, see what drifts, fit that anew."""

import math
from datetime import date, timedelta
from typing import Any

import trousse as tr

START = date(2026, 1, 1)


def sales(sku: str, days: range, level: float) -> dict[str, list[Any]]:
    """Sales of a SKU: a week's rhythm around a level, the same on each run."""
    units = [round(level + 4 * math.sin(day * 2 * math.pi / 7) + day * 7 % 5) for day in days]
    return {"unique_id": [sku] * len(days), "ds": [START + timedelta(day) for day in days], "y": units}


def both(a: dict[str, list[Any]], b: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The rows of two frames."""
    return {name: a[name] + b[name] for name in a}


def main() -> None:
    """Runs the story and checks each of its turns."""
    past = both(sales("LIP-01", range(90), 20), sales("SER-30", range(90), 40))
    kept = tr.Forecaster(models=["AutoETS"], refit_every=60).fit(past)
    ahead = kept.predict(7, level=[80])
    print(tr.Table(ahead))
    assert ahead["AutoETS"] == tr.forecast(past, h=7, models=["AutoETS"], level=[])["AutoETS"]

    for day in range(90, 104):  # two weeks: LIP-01 is shown in a video, SER-30 goes on
        kept.update(both(sales("LIP-01", range(day, day + 1), 45), sales("SER-30", range(day, day + 1), 40)))
    told = kept.drifted()
    print(tr.Table(told))
    assert dict(zip(told["unique_id"], told["due"], strict=True)) == {"LIP-01": True, "SER-30": False}

    kept.refit(sales("LIP-01", range(90, 104), 45))  # from the rows since
    assert not any(kept.drifted()["due"])
    again = tr.Forecaster.from_bytes(kept.to_bytes())  # Rust and Node read these bytes too
    assert again.predict(1) == kept.predict(1)

    broken = both(past, {"unique_id": ["NEW"], "ds": [START], "y": [float("inf")]})
    kept_rows = tr.forecast(broken, h=1, models=["SeasonalNaive"])
    assert kept_rows["error"][:2] == ["", ""] and kept_rows["error"][2].startswith("NAN_IN_SERIES: series NEW: y[0]")

    promotions()


def promotions() -> None:
    """A deal doubles what sells, and carts of one week lead the sales of the next; the weeks ahead are known for both."""
    weeks = [START + timedelta(7 * week) for week in range(62)]
    deal = [int(week % 4 == 0) for week in range(62)]
    carts = [50 + 25 * (week * 5 % 7 % 3) for week in range(62)]
    units = [carts[week - 2] * (1 + deal[week]) / 5 for week in range(2, 60)]
    past: dict[str, list[Any]] = {"unique_id": ["LIP-01"] * 58, "ds": weeks[2:60], "deal": deal[2:60], "y": units}
    future: dict[str, list[Any]] = {"unique_id": ["LIP-01"] * 2, "ds": weeks[60:], "deal": deal[60:]}
    signals = {"sku": ["LIP-01"] * 62, "day": weeks, "kind": ["cart"] * 62, "value": carts, "n": [1] * 62}
    past, future = (tr.signal_drivers(frame, signals, h=2, window=1) for frame in (past, future))

    ahead = tr.forecast(past, future, h=2, season=1, drivers=["deal", "cart"], models=["auto", "AutoETS"], level=[80])
    print(tr.Table(ahead))
    truth = [carts[week - 2] * (1 + deal[week]) / 5 for week in (60, 61)]
    assert all(abs(told - y) < 0.5 for model in ("auto", "AutoETS") for told, y in zip(ahead[model], truth, strict=True))
    print(tr.Table(tr.driver_effects(past, h=2, season=1, drivers=["deal", "cart"])))


if __name__ == "__main__":
    main()
