"""The ledger through the Python face: frames of inputs and single calls, in memory.

100,000 SKUs x 10 places, Zipf, as ``benches/ledger.rs``. Run by ``make bench-faces``; a ratio is only to be taken
between lines of one run.
"""

from __future__ import annotations

import itertools
import os
import random
import statistics
import time

import pyarrow as pa
import trousse as tr

SMALL = os.environ.get("SMALL") == "1"
SKUS = 200 if SMALL else 100_000
INPUTS = 2_000 if SMALL else 400_000
BATCH = 1_000
NOW = 1_795_424_400_000

draw = random.Random(7)
WEIGHTS = list(itertools.accumulate(1 / (n + 1) for n in range(SKUS)))


def skus(n: int) -> list[str]:
    return [f"SKU-{i * 7919 % SKUS:06d}" for i in draw.choices(range(SKUS), cum_weights=WEIGHTS, k=n)]


def places(n: int) -> list[str]:
    return [f"place-{draw.randrange(10)}" for _ in range(n)]


def stock(shop: tr.Engine) -> None:
    for first in range(0, SKUS, 1_000):
        rows = [(sku, place) for sku in range(first, min(SKUS, first + 1_000)) for place in range(10)]
        frame = {
            "id": [f"r-{sku}-{place}" for sku, place in rows],
            "sku": [f"SKU-{sku:06d}" for sku, _ in rows],
            "location": [f"place-{place}" for _, place in rows],
            "quantity": [1_000_000] * len(rows),
        }
        shop.batch(pa.table(frame), kind="receive", now=NOW)


def frames(round_: int) -> list[tuple[str, pa.Table]]:
    made = []
    for b in range(INPUTS // (2 * BATCH)):
        for kind, n in (("sale", BATCH), ("reserve", BATCH // 2)):
            ids = [f"{kind}-{round_}-{b}-{i}" for i in range(n)]
            made.append((kind, pa.table({"id": ids, "sku": skus(n), "location": places(n), "quantity": [1] * n})))
        made.append(("commit", pa.table({"id": [f"pay-{i}" for i in ids], "hold": ids})))
    return made


def per_second(shop: tr.Engine, round_: int) -> float:
    batches = frames(round_)
    start = time.perf_counter()
    for kind, frame in batches:
        shop.batch(frame, kind=kind, now=NOW)
    return INPUTS / (time.perf_counter() - start)


def single(call, n: int) -> float:
    start = time.perf_counter()
    for i in range(n):
        call(i)
    return (time.perf_counter() - start) / n * 1e6


def main() -> None:
    shop = tr.memory(open_catalog=True)
    stock(shop)
    rates = [per_second(shop, round_) for round_ in range(1 if SMALL else 5)]
    print(f"python: sales and orders as frames      {statistics.median(rates):>12,.0f} /s")
    n = 200 if SMALL else 20_000
    lots = [{"lot": "A1", "quantity": 3, "expires_on": "2027-06-30"}]
    pure = single(lambda i: tr.fefo(lots=lots, quantity=1, day="2026-11-23"), n)

    def reserve_one(i: int) -> tr.Held:
        return shop.reserve(id=f"one-{i}", lines={"SKU-000001": 1}, location="place-1", now=NOW)

    reserve = single(reserve_one, n)
    # The same arguments again: they are converted, looked up and answered as the first time, and nothing is decided.
    again = single(reserve_one, n)
    print(f"python: a call of a pure function       {pure:>12.2f} µs")
    print(f"python: a reserve in memory             {reserve:>12.2f} µs, {reserve / pure:.2f} of that")
    print(f"python: the same reserve again          {again:>12.2f} µs: the first is {reserve / again:.2f} of that")


main()
