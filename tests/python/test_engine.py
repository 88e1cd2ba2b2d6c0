"""The closed loop through the public API: what one event changes, what survives, what is refused."""

from __future__ import annotations

import datetime as dt
import math
import pathlib
import pickle
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import trousse as tr

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.timezone.utc)
SKUS = {
    "sku": ["LIP-01", "LIP-02", "SER-30"],
    "brand": ["rouge", "rouge", "clair"],
    "category": ["lipstick", "lipstick", "serum"],
    "ingredients": ["ricinus oil, wax", "ricinus oil, wax", "aqua"],
    "price": [1290, 1290, 3400],
    "pao_months": [12, None, 6],
}


def stocked(shop: tr.Engine) -> tr.Engine:
    shop.upsert_skus(SKUS, now=NOW)
    for sku in SKUS["sku"]:
        shop.receive(id=f"r-{sku}", sku=sku, lot="L", expires_on="2027-12-31", quantity=50, location="paris", now=NOW)
    for i in range(4):
        lines = {"LIP-01": 1, "SER-30": 1} if i % 2 else {"LIP-01": 1}
        shop.sale(id=f"s{i}", lines=lines, location="paris", subject=f"p{i}", now=NOW)
    return shop


def test_one_complaint_changes_belief_demand_and_ranking() -> None:
    shop = stocked(tr.memory())
    tomorrow = NOW + dt.timedelta(days=1)
    ask = {"location": "paris", "now": tomorrow}
    belief = shop.availability("LIP-01", **ask).p_phantom
    in_stock = shop.demand("LIP-01", "paris", now=tomorrow)[-1].in_stock
    first = shop.recommend("zoe", k=3, **ask)
    assert first[0].sku == "LIP-01"
    for i in range(2):
        shop.complaint(id=f"c{i}", sku="LIP-01", kind="not_available", **ask)
    assert shop.availability("LIP-01", **ask).p_phantom > 0.5 > belief
    assert shop.demand("LIP-01", "paris", now=tomorrow)[-1].in_stock < in_stock
    assert [pick.sku for pick in shop.recommend("zoe", k=3, **ask)] != [pick.sku for pick in first]


def test_one_rating_changes_the_next_recommendation() -> None:
    shop = stocked(tr.memory())
    before = [pick.sku for pick in shop.recommend("ana", k=1, now=NOW)]
    shop.rating(id="g", subject="ana", sku="LIP-01", value=5, now=NOW)
    after = shop.recommend("ana", k=1, now=NOW)
    assert before == ["LIP-01"] and after[0].sku != "LIP-01" and after[0].why


def test_reopening_keeps_everything(tmp_path: pathlib.Path) -> None:
    with stocked(tr.open(tmp_path / "shop")) as shop:
        hold = shop.reserve(id="o1", lines={"LIP-01": 2}, location="paris", now=NOW)
        answers = (shop.position(), shop.stock(now=NOW), shop.recommend("p1", now=NOW), shop.signals(min_n=1, now=NOW))
        shop.snapshot()
    with tr.open(str(tmp_path / "shop")) as shop:
        again = (shop.position(), shop.stock(now=NOW), shop.recommend("p1", now=NOW), shop.signals(min_n=1, now=NOW))
        assert again == answers
        assert shop.reserve(id="o1", lines={"LIP-01": 2}, location="paris", now=NOW) == hold
        with pytest.raises(tr.Error) as caught:
            shop.reserve(id="o1", lines={"LIP-01": 3}, location="paris", now=NOW)
        assert caught.value.code == "CONFLICT"
        assert [taken.quantity for taken in shop.commit(id="p1", hold="o1", now=NOW).lots] == [2]


def journal(folder: pathlib.Path) -> pathlib.Path:
    return max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


def test_damaged_journals(tmp_path: pathlib.Path) -> None:
    stocked(tr.open(tmp_path / "a")).close()
    whole = journal(tmp_path / "a").read_bytes().rstrip(b"\0")  # the file is made longer in advance
    events = tr.open(tmp_path / "a")
    sequence = events.position().sequence
    events.close()

    journal(tmp_path / "a").write_bytes(whole[:-7])  # a torn tail: the last input was never answered
    with tr.open(tmp_path / "a") as shop:
        assert 0 < shop.position().sequence < sequence
        assert shop.availability("LIP-01", now=NOW).on_hand >= 46

    stocked(tr.open(tmp_path / "b")).close()
    file = journal(tmp_path / "b")
    flipped = bytearray(file.read_bytes())
    flipped[len(flipped.rstrip(b"\0")) // 3] ^= 0x10
    file.write_bytes(flipped)
    with pytest.raises(tr.Error) as caught:
        tr.open(tmp_path / "b")
    assert caught.value.code == "JOURNAL_CORRUPT" and caught.value.offset > 0


def test_a_folder_is_held_by_one_engine(tmp_path: pathlib.Path) -> None:
    with tr.open(tmp_path / "shop"):
        with pytest.raises(tr.Error) as caught:
            tr.open(tmp_path / "shop")
        assert caught.value.code == "JOURNAL_LOCKED"
        code = f"import trousse as tr\ntry: tr.open({str(tmp_path / 'shop')!r})\nexcept tr.Error as e: print(e.code)"
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert out.strip() == "JOURNAL_LOCKED"
    tr.open(tmp_path / "shop").close()


def test_threads_share_one_engine(tmp_path: pathlib.Path) -> None:
    shop = tr.open(tmp_path / "shop", open_catalog=True)
    shop.receive(id="r", sku="A", quantity=1000, location="paris", now=NOW)
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for i in range(40):
                hold = shop.reserve(id=f"o-{thread}-{i}", lines={"A": 1}, location="paris", now=NOW)
                shop.commit(id=f"c-{thread}-{i}", hold=hold.id, now=NOW)
                assert shop.availability("A", now=NOW).on_hand <= 1000
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert shop.availability("A", now=NOW).on_hand == 1000 - 8 * 40
    shop.close()


def test_a_fork_is_told_and_does_not_hang(tmp_path: pathlib.Path) -> None:
    code = (
        "import os, sys, trousse as tr\n"
        "columns = {'unique_id': ['a'] * 40, 'ds': [f'2026-01-{d:02}' for d in range(1, 31)] + [f'2026-02-{d:02}' for d in range(1, 11)], 'y': [1.0, 2.0] * 20}\n"
        "shop = tr.memory(open_catalog=True)\n"
        "here = tr.forecast(columns, h=2)\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try: shop.position()\n"
        "    except tr.Error as error: assert 'fork' in str(error)\n"
        "    else: os._exit(3)\n"
        "    assert tr.forecast(columns, h=2) == here\n"
        "    del shop\n"
        "    os._exit(0)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "0", done.stderr


def test_closed_and_pickle_and_repr(tmp_path: pathlib.Path) -> None:
    shop = stocked(tr.open(tmp_path / "shop"))
    assert repr(shop).startswith("<trousse.Engine '") and "events" in repr(shop)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(shop)
    shop.close()
    shop.close()
    assert shop.closed and "closed" in repr(shop)
    with pytest.raises(tr.Error) as caught:
        shop.stock()
    assert caught.value.code == "CLOSED"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.code, again.fields, str(again)) == (tr.Error, "CLOSED", {}, "CLOSED: the engine is closed")


@pytest.mark.parametrize(
    "skus",
    [
        SKUS,
        pd.DataFrame(SKUS),
        pl.DataFrame(SKUS),
        pl.DataFrame({**SKUS, "ingredients": [["ricinus oil", "wax"]] * 2 + [["aqua"]]}),
        pa.table(SKUS),
        tr.Table({**SKUS, "pao_months": [12.0, math.nan, 6.0]}),
        [dict(zip(SKUS, row, strict=True)) for row in zip(*SKUS.values(), strict=True)],
        [tr.Sku(sku="LIP-01", brand="rouge", category="lipstick", ingredients=["ricinus oil", "wax"], price=tr.Money(minor=1290), pao_months=12),
         tr.Sku(sku="LIP-02", brand="rouge", category="lipstick", ingredients=["ricinus oil", "wax"], price={"minor": 1290, "currency": "EUR"}),
         tr.Sku(sku="SER-30", brand="clair", category="serum", ingredients=["aqua"], price={"minor": 3400}, pao_months=6)],
    ],
    ids=["dict", "pandas", "polars", "polars lists", "pyarrow", "table", "dicts", "dataclasses"],
)
def test_skus_from_any_frame(skus) -> None:
    reference = tr.memory()
    reference.upsert_skus(SKUS, now=NOW)
    shop = tr.memory()
    shop.upsert_skus(skus, now=NOW)
    assert shop.position() == reference.position()  # equal digests have equal histories


def test_many_and_any() -> None:
    shop = stocked(tr.memory())
    fact = {"type": "sale", "id": "t1", "lines": {"LIP-01": 1}, "location": "paris"}
    assert shop.record(fact, now=NOW).lots[0].lot == "L"
    ratings = pd.DataFrame({"type": "rating", "id": ["a", "b"], "subject": ["u", "v"], "sku": "LIP-02", "value": [5, 4]})
    assert [row.resolved for row in shop.record_many(ratings, now=NOW)] == [True, True]
    decided = shop.submit_many(
        [
            {"type": "reserve", "id": "h1", "lines": [{"sku": "LIP-01", "quantity": 1}], "location": "paris"},
            {"type": "reserve", "id": "h2", "lines": {"LIP-01": 10_000}, "location": "paris"},
        ],
        now=NOW,
    )
    assert [(row.id, row.accepted, row.code) for row in decided] == [("h1", True, None), ("h2", False, "INSUFFICIENT_STOCK")]
    held = shop.submit({"type": "reserve", "id": "h3", "lines": {"LIP-01": np.int64(1)}, "location": "paris"}, now=NOW)
    assert isinstance(held, tr.Held) and held.lines == (tr.Units(sku="LIP-01", quantity=1),)
    assert shop.move(id="m", sku="LIP-01", from_="paris", to="lyon", quantity=3, now=NOW).lots[0].quantity == 3
    shop.return_(id="back", sku="LIP-01", quantity=1, location="lyon", resellable=True, now=NOW)
    assert shop.availability("LIP-01", location="lyon", now=NOW).on_hand == 4
    proposals = shop.forecast(h=2, now=NOW + dt.timedelta(days=30))
    assert isinstance(proposals, tr.Table) and set(proposals["sku"]) == set(SKUS["sku"])


def test_instants_and_days_in_every_spelling() -> None:
    spellings = [NOW, NOW.isoformat(), "2026-11-23T09:00:00Z", int(NOW.timestamp() * 1000), pd.Timestamp(NOW), NOW.astimezone(dt.timezone(dt.timedelta(hours=5)))]
    positions = set()
    for now in spellings:
        for day in ("2027-06-30", dt.date(2027, 6, 30), dt.datetime(2027, 6, 30, 12), pd.Timestamp("2027-06-30"), np.datetime64("2027-06-30")):
            shop = tr.memory(open_catalog=True)
            shop.receive(id="r", sku="A", expires_on=day, quantity=1, location="paris", now=now)
            positions.add(shop.position())
    assert len(positions) == 1 and positions.pop().now == NOW


BAD = [
    ("a naive now", "stock", {"now": dt.datetime(2026, 1, 1)}, "INVALID_ARGUMENT", "now"),
    ("a now of text", "stock", {"now": "today"}, "INVALID_ARGUMENT", "now"),
    ("a now of NaN", "stock", {"now": math.nan}, "INVALID_ARGUMENT", "now"),
    ("a now of an object", "stock", {"now": object()}, "INVALID_ARGUMENT", "now"),
    ("a now out of range", "advance", {"now": 2**62}, "INVALID_ARGUMENT", "now"),
    ("an unknown SKU", "stock", {"sku": "?"}, "UNKNOWN_SKU", None),
    ("an unknown location", "stock", {"location": "?"}, "UNKNOWN_LOCATION", None),
    ("a SKU of bytes", "availability", {"sku": b"LIP-01"}, "INVALID_ARGUMENT", "sku"),
    ("no SKU", "availability", {"sku": None}, None, None),
    ("a surrogate", "availability", {"sku": "\ud800"}, None, None),
    ("a negative quantity", "receive", {"id": "x", "sku": "LIP-01", "quantity": -1, "location": "paris"}, "INVALID_ARGUMENT", "quantity"),
    ("half a unit", "receive", {"id": "x", "sku": "LIP-01", "quantity": 1.5, "location": "paris"}, "INVALID_ARGUMENT", "quantity"),
    ("a boolean quantity", "receive", {"id": "x", "sku": "LIP-01", "quantity": True, "location": "paris"}, "INVALID_ARGUMENT", "quantity"),
    ("a huge quantity", "receive", {"id": "x", "sku": "LIP-01", "quantity": 2**63, "location": "paris"}, "INVALID_ARGUMENT", "quantity"),
    ("no id", "receive", {"id": "", "sku": "LIP-01", "quantity": 1, "location": "paris"}, "INVALID_ARGUMENT", "id"),
    ("a bad day", "receive", {"id": "x", "sku": "LIP-01", "quantity": 1, "location": "paris", "expires_on": "30.06.2027"}, "INVALID_ARGUMENT", "expires_on"),
    ("no lines", "reserve", {"id": "x", "lines": {}, "location": "paris"}, "INVALID_ARGUMENT", "lines"),
    ("lines of text", "reserve", {"id": "x", "lines": "LIP-01", "location": "paris"}, "INVALID_ARGUMENT", "lines"),
    ("a line of text", "reserve", {"id": "x", "lines": {"LIP-01": "2"}, "location": "paris"}, "INVALID_ARGUMENT", None),
    ("a line of NaN", "reserve", {"id": "x", "lines": {"LIP-01": math.nan}, "location": "paris"}, "INVALID_ARGUMENT", "lines.LIP-01"),
    ("skus of text", "upsert_skus", {"skus": "LIP-01"}, "INVALID_ARGUMENT", "skus"),
    ("skus of texts", "upsert_skus", {"skus": ["LIP-01"]}, "INVALID_ARGUMENT", "skus[0]"),
    ("a sku with an unknown field", "upsert_skus", {"skus": [{"sku": "A", "colour": "red"}]}, "INVALID_ARGUMENT", None),
    ("a price of text", "upsert_skus", {"skus": [{"sku": "A", "price": "12.90"}]}, "INVALID_ARGUMENT", None),
    ("columns of two lengths", "upsert_skus", {"skus": {"sku": ["A", "B"], "brand": ["x"]}}, "INVALID_ARGUMENT", "skus"),
    ("a command without a type", "submit", {"command": {"id": "x"}}, "INVALID_ARGUMENT", "type"),
    ("a command of text", "submit", {"command": "reserve"}, "INVALID_ARGUMENT", None),
    ("a fact of another type", "record", {"fact": {"type": "reserve", "id": "x"}}, "INVALID_ARGUMENT", "type"),
    ("an unknown kind", "complaint", {"id": "x", "sku": "LIP-01", "kind": "smelly"}, "INVALID_ARGUMENT", "kind"),
    ("a rating of 300", "rating", {"id": "x", "subject": "a", "sku": "LIP-01", "value": 300}, "INVALID_ARGUMENT", "value"),
    ("an unknown hold", "commit", {"id": "x", "hold": "?"}, "UNKNOWN_HOLD", None),
    ("k of -1", "recommend", {"subject": "a", "k": -1}, "INVALID_ARGUMENT", "k"),
]


@pytest.mark.parametrize("name, params, code, field", [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input(name: str, params: dict, code: str | None, field: str | None) -> None:
    shop = stocked(tr.memory())
    before = shop.position().digest
    with pytest.raises(tr.Error) as caught:
        getattr(shop, name)(**params)
    assert caught.value.code != "INTERNAL"
    assert code is None or caught.value.code == code, caught.value
    assert field is None or caught.value.field == field, caught.value
    assert isinstance(caught.value, tr.Rejected) or shop.position().digest == before


def test_unknown_names_are_refused_by_python() -> None:
    with pytest.raises(TypeError, match="ttl"):
        tr.memory().reserve(id="o", lines={"A": 1}, location="p", ttl=3)


def test_options_are_checked(tmp_path: pathlib.Path) -> None:
    with pytest.raises(tr.Error) as caught:
        tr.open(tmp_path / "shop", utc_offset_minutes=10_000)
    assert (caught.value.code, caught.value.field) == ("INVALID_ARGUMENT", "utc_offset_minutes")


def test_opening_where_nothing_can_be(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(tr.Error) as caught:
        tr.open(tmp_path / "file")
    assert caught.value.code == "IO"
    with pytest.raises(TypeError):
        tr.open(3)


def test_ledger_is_stock_alone() -> None:
    with tr.Ledger() as ledger:
        ledger.receive(id="r", sku="A", quantity=3, location="paris", now=NOW)
        assert ledger.availability("A", now=NOW).available_to_promise == 3
        assert not hasattr(ledger, "recommend")
        with pytest.raises(tr.Rejected) as caught:
            ledger.reserve(id="o", lines={"A": 4}, location="paris", now=NOW)
        assert (caught.value.code, caught.value.available, caught.value.requested) == ("INSUFFICIENT_STOCK", 3, 4)
        assert "available" in dir(caught.value)
