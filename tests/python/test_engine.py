"""The closed loop through the public API: what one event changes, what survives, what is refused."""

from __future__ import annotations

import datetime as dt
import math
import os
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
    in_stock = shop.demand("LIP-01", location="paris", now=tomorrow)[-1].in_stock
    first = shop.recommend("zoe", k=3, **ask)
    assert first[0].sku == "LIP-01"
    for i in range(2):
        shop.complaint(id=f"c{i}", sku="LIP-01", kind="not_available", **ask)
    assert shop.availability("LIP-01", **ask).p_phantom > 0.5 > belief
    assert shop.demand("LIP-01", location="paris", now=tomorrow)[-1].in_stock < in_stock
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
    flipped[4096 + (len(flipped.rstrip(b"\0")) - 4096) // 3] ^= 0x10  # in a batch: the head has 4,096 bytes
    file.write_bytes(flipped)
    with pytest.raises(tr.Error) as caught:
        tr.open(tmp_path / "b")
    assert caught.value.code == "JOURNAL_CORRUPT" and caught.value.offset > 0


SEGMENT = "journal-0000000000000000.seg"


def test_damage_names_its_place_and_is_salvaged(tmp_path: pathlib.Path) -> None:
    shop = stocked(tr.open(tmp_path / "shop"))
    events = shop.position().sequence
    assert shop.verify().sound and shop.verify().events == events
    shop.close()
    file = tmp_path / "shop" / SEGMENT
    damaged = bytearray(file.read_bytes())
    used = len(damaged.rstrip(b"\0"))
    damaged[4096 + (used - 4096) // 2] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(tr.Error) as caught:
        tr.open(tmp_path / "shop")
    assert (caught.value.code, caught.value.segment) == ("JOURNAL_CORRUPT", 0) and 4096 <= caught.value.offset < used
    found = tr.verify(folder=tmp_path / "shop")
    assert not found.sound and found.damage is not None
    assert (found.damage.code, found.damage.segment, found.damage.offset) == ("JOURNAL_CORRUPT", 0, caught.value.offset)
    saved = tr.salvage(source=tmp_path / "shop", target=tmp_path / "saved")
    assert saved.keys_whole and saved.sequence == events
    assert saved.events == events - sum(lost.to_sequence - lost.from_sequence for lost in saved.lost) < events
    with tr.open(tmp_path / "saved") as shop:
        assert shop.position().sequence == events and shop.verify().lost == events - saved.events
    with pytest.raises(tr.Error) as caught:
        tr.salvage(source=tmp_path / "shop", target=tmp_path / "saved")
    assert (caught.value.code, caught.value.field) == ("INVALID_ARGUMENT", "target")


def test_a_journal_of_another_format_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "journal").write_bytes(b"trousse\0" + bytes(56))  # format v0 had one file
    with pytest.raises(tr.Error) as caught:
        tr.open(tmp_path)
    assert (caught.value.code, caught.value.found, caught.value.supported) == ("JOURNAL_VERSION", 0, 1)
    assert tr.verify(folder=tmp_path).damage.code == "JOURNAL_VERSION"


def on_a_small_disk(folder: pathlib.Path, megabytes: int, script: str) -> list[str]:
    """Runs a script in a namespace of its own where the folder is a small disk."""
    mount = f"mount -t tmpfs -o size={megabytes}m none {folder}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, check=False).returncode != 0:
        pytest.skip("this system lets nobody mount a small disk")
    command = ["unshare", "-rm", "sh", "-c", f"{mount} && {script}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk")
def test_a_full_disk_and_one_that_may_not_be_written(tmp_path: pathlib.Path) -> None:
    code = (
        "import sys, trousse as tr\n"
        "try: tr.open(sys.argv[1]).close()\n"
        "except tr.Error as error: print(error.code)\n"
        "else: print('opened')\n"
    )
    run = f"{sys.executable} -c \"{code}\" {tmp_path}/shop"
    assert on_a_small_disk(tmp_path, 1, run) == ["DISK_FULL"]
    remount = f"mount -o remount,ro {tmp_path}"
    assert on_a_small_disk(tmp_path, 200, f"{run} && {remount} && {run}") == ["opened", "READ_ONLY"]


def test_erased_is_erased_on_the_disk_too(tmp_path: pathlib.Path) -> None:
    def holds(folder: str) -> bool:
        return any(b"ana-84617" in path.read_bytes() for path in (tmp_path / folder).iterdir())

    shop = stocked(tr.open(tmp_path / "shop"))
    shop.rating(id="g-ana-84617", subject="ana-84617", sku="LIP-01", value=5, now=NOW)
    shop.snapshot()
    bare = shop.backup(folder=tmp_path / "bare")
    shop.backup(folder=tmp_path / "whole", with_keys=True)
    assert bare.digest == shop.position().digest
    assert [entry.event["type"] for entry in shop.export("ana-84617")] == ["Rated"]
    assert holds("shop") and holds("whole") and not holds("bare")
    assert shop.erase("ana-84617") and not holds("shop")
    assert len(shop.export("ana-84617")) == 0 and shop.verify().sound and shop.verify().dropped == 1
    shop.close()
    with tr.open(tmp_path / "whole") as copy:  # an erase has to be repeated in copies with keys
        assert copy.erase("ana-84617") and not holds("whole")
    with tr.open(tmp_path / "bare") as copy:
        assert len(copy.export("ana-84617")) == 0 and copy.position().digest == bare.digest


def test_a_follower_reads_what_another_process_writes(tmp_path: pathlib.Path) -> None:
    with pytest.raises(tr.Error) as caught:
        tr.follow(tmp_path / "shop")
    assert caught.value.code == "IO"
    shop = stocked(tr.open(tmp_path / "shop"))
    code = (
        "import sys, trousse as tr\n"
        "with tr.follow(sys.argv[1]) as shop:\n"
        "    print(shop.position().digest, shop.poll())\n"
        "    try: shop.advance()\n"
        "    except tr.Error as error: print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "shop")], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [shop.position().digest, "0", "READ_ONLY"]
    follower = tr.follow(tmp_path / "shop")
    before = follower.availability("LIP-01", now=NOW).on_hand
    shop.sale(id="late", lines={"LIP-01": 1}, location="paris", subject="ana", now=NOW)
    assert follower.availability("LIP-01", now=NOW).on_hand == before
    assert (follower.poll(), follower.poll()) == (2, 0)
    assert follower.availability("LIP-01", now=NOW).on_hand == before - 1
    assert follower.stock(now=NOW) == shop.stock(now=NOW) and follower.position() == shop.position()
    assert follower.forecast(h=2, now=NOW + dt.timedelta(days=30))["sku"]
    with pytest.raises(tr.Error) as caught:
        follower.batch({"id": ["b"], "sku": ["LIP-01"], "quantity": [1], "location": ["paris"]}, kind="sale")
    assert caught.value.code == "READ_ONLY"
    shop.close()
    follower.close()
    with pytest.raises(tr.Error) as caught:
        follower.poll()
    assert caught.value.code == "CLOSED"


def test_changes_can_be_watched(tmp_path: pathlib.Path) -> None:
    shop = stocked(tr.open(tmp_path / "shop"))
    first = list(shop.watch(timeout_s=0))
    assert [row.sku for _, row in first] == SKUS["sku"]
    shop.sale(id="late", lines={"SER-30": 1}, location="paris", now=NOW)
    changed = next(iter(shop.watch(first[-1][0])))
    assert (changed[1].sku, changed[1].on_hand) == ("SER-30", 47)
    assert list(shop.watch(changed[0], timeout_s=0)) == []
    assert [cursor for cursor, _ in shop.watch(timeout_s=0)] == [0, 0, changed[0]], "a page that was left comes again"
    seen: list[str] = []

    def follow() -> None:
        with tr.follow(tmp_path / "shop") as follower:
            for _, row in follower.watch(changed[0], interval_s=0.005):
                seen.append(row.sku)
                return

    thread = threading.Thread(target=follow)
    thread.start()
    shop.sale(id="later", lines={"LIP-02": 1}, location="paris", now=NOW)
    thread.join(10)
    assert seen == ["LIP-02"]
    rest = shop.watch(changed[0], interval_s=0.001)
    assert next(rest)[1].sku == "LIP-02"
    shop.close()
    assert list(rest) == [], "the end of the engine is the end of the changes"
    with pytest.raises(tr.Error) as caught:
        next(tr.memory().watch(-1))
    assert (caught.value.code, caught.value.field) == ("INVALID_ARGUMENT", "since")


@pytest.mark.parametrize("durability", ["sync", "os", {"group": {"max_delay_ms": 2}}])
def test_durability(tmp_path: pathlib.Path, durability: tr.Durability) -> None:
    with stocked(tr.open(tmp_path / "shop", durability=durability)) as shop:
        position = shop.position()
    with tr.open(tmp_path / "shop") as shop:
        assert shop.position().digest == position.digest
    for bad in ("never", {"group": {"max_delay_ms": 10**6}}, {"group": {}}):
        with pytest.raises(tr.Error) as caught:
            tr.open(tmp_path / "shop", durability=bad)
        assert caught.value.code == "INVALID_ARGUMENT" and caught.value.field.startswith("durability")


def test_retention_by_purpose(tmp_path: pathlib.Path) -> None:
    with stocked(tr.open(tmp_path / "shop")) as shop:
        shop.view(id="v", subject="p0", sku="LIP-01", now=NOW)
        later = NOW + dt.timedelta(days=100)
        retained = shop.retain(personalisation_days=90, analytics_days=90, now=later)
        assert (retained.dropped, retained.reduced) == (1, 4)
        assert [entry.event["type"] for entry in shop.export("p0")] == ["Bought"]
        assert shop.retain(personalisation_days=90, analytics_days=90, marketing_days=90, now=later).dropped == 4
        assert shop.availability("LIP-01", now=later).on_hand == 46
        assert shop.compact() is None and shop.verify().sound


def test_the_expiry_calendar() -> None:
    shop = tr.memory()
    shop.upsert_skus([{"sku": "LIP-01", "cost": {"minor": 450}}], now=NOW)
    shop.receive(id="r", sku="LIP-01", lot="A", expires_on="2027-01-22", quantity=100, location="paris", now=NOW)
    for day in range(30):
        shop.sale(id=f"s{day}", lines={"LIP-01": 1}, location="paris", now=NOW + dt.timedelta(days=day))
    calendar = shop.expiry_calendar(now=NOW + dt.timedelta(days=30))
    (lot,) = calendar.lots
    assert (lot.quantity, lot.days_left, lot.days_of_cover, lot.units_at_risk, lot.value_at_risk_minor) == (70, 30, 70, 39, 39 * 450)
    assert [row.within_days for row in calendar.horizons] == [30, 60, 90] and lot.horizon_days == 30


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
