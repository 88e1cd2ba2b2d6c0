"""The same bits on 1, 2 and 8 threads: the bytes of each answer, from processes of their own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import numpy as np

import trousse as tr

SERIES, LENGTH = 24, 70


def long_frame() -> dict:
    """Smooth series, counts and series that sell on few days, with a deal and a share in stock."""
    t, own = np.tile(np.arange(LENGTH), SERIES), np.repeat(np.arange(SERIES), LENGTH)
    noise = (t * 7919 + own * 104729) % 101 / 101
    smooth = 20 + own + 5 * np.sin(t * 2 * np.pi / 7) + 3 * noise
    counts = np.floor(4 * noise * (1 + own % 3))
    seldom = np.where(noise > 0.8, np.floor(9 * noise), 0.0)
    y = np.select([own % 3 == 0, own % 3 == 1], [smooth, counts], seldom)
    deal = (t + own) % 9 == 0
    return {"unique_id": [f"s{i}" for i in own], "ds": t, "y": y * (1 + 0.5 * deal), "deal": deal.astype(float), "open": 1 - noise / 4}


def answers() -> dict[str, object]:
    df = long_frame()
    plain = {name: df[name] for name in ("unique_id", "ds", "y")}
    future = {"unique_id": [f"s{i}" for i in range(SERIES) for _ in range(3)], "ds": np.tile(np.arange(LENGTH, LENGTH + 3), SERIES), "deal": np.tile([1.0, 0.0, 1.0], SERIES)}
    both = {"season": 7, "level": [80, 95]}
    f = tr.Forecaster(models=["auto"], season=7).fit(plain)
    f.update({"unique_id": ["s0", "s1"], "ds": [LENGTH, LENGTH], "y": [21.0, 3.0]})
    rows = np.arange(3_000)
    bought = {"user": [f"u{i}" for i in rows * 7919 % 211], "item": [f"i{i}" for i in rows * 104729 % 83]}
    return {
        "forecast": tr.forecast(df, h=7, in_stock="open", **both),
        "counts": tr.forecast(plain, h=7, models=["counts"], **both),
        "drivers": tr.forecast(df, future, drivers=["deal"], h=3, **both),
        "paths": tr.forecast_paths(plain, h=5, season=7, n_paths=20, seed=3),
        "totals": tr.forecast_totals(plain, h=5, season=7),
        "cross_validation": tr.cross_validation(plain, h=7, n_windows=2, **both),
        "forecaster": f.predict(7, level=[80]),
        "forecaster bytes": f.to_bytes(),
        "kmeans": tr.kmeans({"a": df["y"], "b": df["open"]}, k=4, seed=1, restarts=2),
        "recommend": tr.recommend(bought, k=5),
    }


def digest(answer: object) -> str:
    hashed = hashlib.sha256()
    for name, values in answer.items() if isinstance(answer, dict) else [("", answer)]:
        hashed.update(name.encode())
        is_float = not isinstance(values, bytes) and all(isinstance(value, float) for value in values)
        hashed.update(np.array(values, float).tobytes() if is_float else repr(values).encode())
    return hashed.hexdigest()


def test_same_bits_on_any_number_of_threads() -> None:
    def on(threads: int) -> dict[str, str]:
        env = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        return json.loads(subprocess.run([sys.executable, __file__], env=env, check=True, capture_output=True, text=True).stdout)

    one = on(1)
    assert len(set(one.values())) == len(one) == 10
    assert one == on(2) == on(8)


if __name__ == "__main__":
    print(json.dumps({name: digest(answer) for name, answer in answers().items()}))
