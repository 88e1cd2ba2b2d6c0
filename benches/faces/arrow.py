"""Frames through the Python face: how much memory a call needs beside the frame, and how long it takes.

Ten million rows, each case in a process of its own; the peak counts from where the frame stands. Then the import of the
module. Run by ``make bench-arrow``; `python benches/faces/arrow.py` measures the wheel of that Python, so that two wheels
are compared by running both. Linux (``/proc``).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

SMALL = os.environ.get("SMALL") == "1"
SERIES, LENGTH = (1_000, 10) if SMALL else (100_000, 100)
ROWS = SERIES * LENGTH


def memory(what: str) -> float:
    """MiB of `VmRSS` (now) or `VmHWM` (at most)."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what)) / 1024


def forecast_frame():
    import numpy as np
    import polars as pl

    ids = pl.Series("unique_id", [f"sku-{i:06d}" for i in range(SERIES)], dtype=pl.Categorical)
    at = pl.Series(np.repeat(np.arange(SERIES, dtype=np.uint32), LENGTH))
    days = np.tile(np.datetime64("2026-01-01") + np.arange(LENGTH), SERIES)
    y = (np.arange(ROWS) * 7919 % 13).astype(float)
    return pl.DataFrame({"unique_id": ids.gather(at), "ds": days, "y": y})


def polars_forecast():
    import trousse as tr

    df = forecast_frame()
    return lambda: tr.forecast(df, h=1, level=[], models=["naive"], on_error="raise")


def pandas_forecast():
    import pyarrow as pa
    import trousse as tr

    df = pa.table(forecast_frame()).to_pandas(date_as_object=False)
    return lambda: tr.forecast(df, h=1, level=[], models=["naive"], on_error="raise")


def chunked_forecast():
    import polars as pl
    import trousse as tr

    df = forecast_frame()
    df = pl.concat([df.slice(0, ROWS // 2), df.slice(ROWS // 2)], rechunk=False)
    return lambda: tr.forecast(df, h=1, level=[], models=["naive"], on_error="raise")


def polars_rfm():
    import trousse as tr

    df = forecast_frame().rename({"unique_id": "customer", "y": "value"})
    return lambda: tr.rfm(df)


def polars_kmeans():
    import numpy as np
    import polars as pl
    import trousse as tr

    x = np.arange(ROWS)
    df = pl.DataFrame({"a": (x % 3) * 10.0 + x % 17 / 17, "b": (x % 3) * 5.0 + x % 13 / 13})
    return lambda: tr.kmeans(df, k=3, seed=1, restarts=1, max_iterations=2)


def in_and_out():
    import polars as pl
    import trousse as tr

    df = forecast_frame().drop("unique_id").with_columns(pl.col("y").alias("z"))
    return lambda: [pl.DataFrame(own) for own in [tr.Table(df)._native] for _ in range(2)]


CASES = {
    "forecast of a polars frame, ids categorical": polars_forecast,
    "the same in two chunks": chunked_forecast,
    "forecast of a pandas frame, ids categories": pandas_forecast,
    "rfm of a polars frame": polars_rfm,
    "kmeans of a polars frame, two columns": polars_kmeans,
    "a day and two float columns in, out twice": in_and_out,
}


def measure(case: str) -> None:
    work = CASES[case]()
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    before, start = memory("VmRSS"), time.perf_counter()
    kept = work()
    elapsed = time.perf_counter() - start
    print(f"{case:50} {elapsed:7.2f} s   +{memory('VmHWM') - before:6.0f} MiB over {before:.0f} MiB", flush=True)
    del kept


def main() -> None:
    print(f"{ROWS:,} rows, {SERIES:,} series")
    for case in CASES:
        subprocess.run([sys.executable, __file__, case], check=True)
    code = (
        "import time; start = time.perf_counter(); import trousse; end = time.perf_counter();"
        "print(end - start, next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmRSS')))"
    )
    runs = []
    for _ in range(9):
        answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        runs.append([float(number) for number in answer.split()])
    seconds, kib = (statistics.median(run[i] for run in runs) for i in range(2))
    print(f"import trousse: {seconds * 1000:.0f} ms, {kib / 1024:.1f} MiB resident (medians of nine)")


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
