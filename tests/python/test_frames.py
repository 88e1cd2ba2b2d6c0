"""Frames: the same values and the same kind out, and bad input by its code."""

from __future__ import annotations

import datetime as dt
import math
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import trousse as tr

DAY = dt.date(2026, 1, 1)
ROWS = 84
COLUMNS = {
    "unique_id": ["a"] * ROWS + ["b"] * ROWS,
    "ds": [DAY + dt.timedelta(days=i) for i in range(ROWS)] * 2,
    "y": [float(i % 7) for i in range(ROWS)] + [float(10 + i % 3) for i in range(ROWS)],
}
EXPECT = tr.forecast(COLUMNS, h=3, season=7, level=[80, 95])


def columns_of(frame) -> dict[str, list]:
    if isinstance(frame, pd.DataFrame):
        frame = frame.assign(ds=frame["ds"].dt.date)
        return {name: frame[name].tolist() for name in frame.columns}
    if isinstance(frame, pl.DataFrame):
        return frame.with_columns(pl.col("ds").cast(pl.Date)).to_dict(as_series=False)
    if isinstance(frame, pa.Table):
        frame = frame.set_column(1, "ds", frame["ds"].cast(pa.date32()))
        return frame.to_pydict()
    columns = frame.to_dict() if isinstance(frame, tr.Table) else frame
    return {**columns, "ds": [ds.date() if isinstance(ds, dt.datetime) else ds for ds in columns["ds"]]}


def arrow(**casts) -> pa.Table:
    table = pa.table(COLUMNS)
    for name, kind in casts.items():
        column = table[name]
        column = column.dictionary_encode() if kind == "dictionary" else column.cast(kind)
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


FRAMES = {
    "dict of lists": COLUMNS,
    "dict of arrays": {"unique_id": np.array(COLUMNS["unique_id"]), "ds": np.array(COLUMNS["ds"], "datetime64[D]"), "y": np.array(COLUMNS["y"])},
    "dict of texts": {**COLUMNS, "ds": [day.isoformat() for day in COLUMNS["ds"]]},
    "dict of datetimes": {**COLUMNS, "ds": [dt.datetime(d.year, d.month, d.day, 9, tzinfo=dt.timezone.utc) for d in COLUMNS["ds"]]},
    "dict of ints": {**COLUMNS, "y": np.array(COLUMNS["y"]).astype("int64")},
    "dict of float32": {**COLUMNS, "y": np.array(COLUMNS["y"], "float32")},
    "dict of series": {"unique_id": pd.Series(COLUMNS["unique_id"]), "ds": pl.Series(COLUMNS["ds"]), "y": pa.array(COLUMNS["y"])},
    "pandas": pd.DataFrame(COLUMNS),
    "pandas datetime64": pd.DataFrame({**COLUMNS, "ds": pd.to_datetime(COLUMNS["ds"])}),
    "pandas categories": pd.DataFrame({**COLUMNS, "unique_id": pd.Categorical(COLUMNS["unique_id"])}),
    "pandas with an index": pd.DataFrame(COLUMNS, index=[f"row {i}" for i in range(2 * ROWS)]),
    "polars": pl.DataFrame(COLUMNS),
    "polars categories": pl.DataFrame(COLUMNS).with_columns(pl.col("unique_id").cast(pl.Categorical)),
    "polars datetimes": pl.DataFrame(COLUMNS).with_columns(pl.col("ds").cast(pl.Datetime("us"))),
    "pyarrow": pa.table(COLUMNS),
    "pyarrow large_string": arrow(unique_id=pa.large_string()),
    "pyarrow string_view": arrow(unique_id=pa.string_view()),
    "pyarrow dictionary": arrow(unique_id="dictionary"),
    "pyarrow timestamp[s]": arrow(ds=pa.timestamp("s")),
    "pyarrow timestamp[ns, UTC]": arrow(ds=pa.timestamp("ns", "UTC")),
    "pyarrow date64": arrow(ds=pa.date64()),
    "pyarrow int8": arrow(y=pa.int8()),
    "pyarrow uint64": arrow(y=pa.uint64()),
    "pyarrow float32": arrow(y=pa.float32()),
    "pyarrow in chunks": pa.concat_tables([pa.table(COLUMNS).slice(0, 50), pa.table(COLUMNS).slice(50)]),
    "pandas seconds": pd.DataFrame({**COLUMNS, "ds": np.array(COLUMNS["ds"], "datetime64[s]")}),
    "pandas milliseconds": pd.DataFrame({**COLUMNS, "ds": np.array(COLUMNS["ds"], "datetime64[ms]")}),
    "pandas nanoseconds": pd.DataFrame({**COLUMNS, "ds": np.array(COLUMNS["ds"], "datetime64[ns]")}),
    "pandas string": pd.DataFrame(COLUMNS).astype({"unique_id": "string"}),
    "pandas str": pd.DataFrame(COLUMNS).astype({"unique_id": "str"}),
    "pandas Int64": pd.DataFrame(COLUMNS).astype({"y": "Int64"}),
    "pandas Float64": pd.DataFrame(COLUMNS).astype({"y": "Float64"}),
    "polars enum": pl.DataFrame(COLUMNS).with_columns(pl.col("unique_id").cast(pl.Enum(["b", "never", "a"]))),
    "polars in chunks": pl.concat([pl.DataFrame(COLUMNS)[:50], pl.DataFrame(COLUMNS)[50:]], rechunk=False),
    "polars sliced": pl.concat([pl.DataFrame(COLUMNS)[:9], pl.DataFrame(COLUMNS)])[9:],
    "pyarrow sliced": pa.concat_tables([pa.table(COLUMNS)[:9], pa.table(COLUMNS)]).combine_chunks()[9:],
    "pyarrow timestamp[ms]": arrow(ds=pa.timestamp("ms")),
    "pyarrow dictionaries": pa.concat_tables([arrow(unique_id="dictionary")[:99], arrow()[99:].set_column(0, "unique_id", pa.array(["b"] * (2 * ROWS - 99)).dictionary_encode())]),
    "trousse": tr.Table(COLUMNS),
}


@pytest.mark.parametrize("name", FRAMES)
def test_same_values_and_kind_out(name: str) -> None:
    frame = FRAMES[name]
    answer = tr.forecast(frame, h=3, season=7, level=[80, 95])
    assert type(answer) is type(frame)
    assert columns_of(answer) == EXPECT


def test_expected_values_are_no_accident() -> None:
    assert list(EXPECT) == ["unique_id", "ds", "auto", "auto-lo-80", "auto-hi-80", "auto-lo-95", "auto-hi-95", "model", "error"]
    assert EXPECT["ds"] == [DAY + dt.timedelta(days=ROWS + i) for i in range(3)] * 2
    assert EXPECT["auto"][:3] == pytest.approx([0, 1, 2], abs=0.75)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_ids_and_instants_keep_their_type(frame) -> None:
    columns = {**COLUMNS, "unique_id": [7] * ROWS + [8] * ROWS, "ds": [dt.datetime(d.year, d.month, d.day) for d in COLUMNS["ds"]]}
    given = frame(columns)
    answer = tr.forecast(given, h=1)
    before, after = pa.table(given), pa.table(answer)
    for name in ("unique_id", "ds"):
        assert after.schema.field(name).type == before.schema.field(name).type, name
    assert after["unique_id"].to_pylist() == [7, 8]


def id_type(frame) -> object:
    return frame.schema.field("unique_id").type if isinstance(frame, pa.Table) else frame["unique_id"].dtype


CATEGORIES = {
    "pandas": pd.DataFrame({**COLUMNS, "unique_id": pd.Categorical(COLUMNS["unique_id"], ["never", "b", "a"], ordered=True)}),
    "polars": FRAMES["polars categories"],
    "polars enum": FRAMES["polars enum"],
    "pyarrow": FRAMES["pyarrow dictionary"],
    "pyarrow int8": pa.table(COLUMNS).set_column(0, "unique_id", FRAMES["pyarrow dictionary"]["unique_id"].cast(pa.dictionary(pa.int8(), pa.large_string()))),
}


@pytest.mark.parametrize("name", CATEGORIES)
def test_categories_come_back_as_they_came(name: str) -> None:
    frame = CATEGORIES[name]
    answers = [tr.forecast(frame, h=2), tr.cross_validation(frame, h=2), tr.Forecaster().fit(frame).predict(2)]
    answers.append(tr.Table(tr.forecast(frame, h=2)))
    for answer in answers:
        kind = type(frame)
        again = {pd.DataFrame: tr.Table.to_pandas, pl.DataFrame: tr.Table.to_polars, pa.Table: tr.Table.to_arrow}[kind](answer) if isinstance(answer, tr.Table) else answer
        assert id_type(again) == id_type(frame)
        assert tr.Table(again)["unique_id"] == ["a", "a", "b", "b"]


def test_texts_come_back_as_texts() -> None:
    assert id_type(tr.forecast(pl.DataFrame(COLUMNS), h=2)) == pl.String
    assert id_type(tr.forecast(pd.DataFrame(COLUMNS), h=2)) == "str"
    assert id_type(tr.forecast(pa.table(COLUMNS), h=2)) == pa.string()


def test_a_row_without_a_category_has_the_empty_text() -> None:
    for given in (pd.Series(["x", None, "y"], dtype="category"), pl.Series(["x", None, "y"], dtype=pl.Categorical), pa.array(["x", None, "y"]).dictionary_encode()):
        frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[type(given).__module__.partition(".")[0]]({"id": given, "x": [1.0, 2.0, 3.0]})
        assert tr.Table(frame)["id"] == ["x", "", "y"]
        answer = tr.kmeans(frame, k=1, id_column="id")
        assert pa.table(answer)["id"].to_pylist() == ["x", None, "y"]
    values = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3], pa.int8()), pa.array(["x", "", "x", None]))
    assert tr.Table(pa.table({"id": values}))["id"] == ["x", "", "x", ""]
    numbers = pa.table(with_y(unique_id=pa.array([1, 2] * ROWS).dictionary_encode()))
    with pytest.raises(tr.Error) as caught:
        tr.forecast(numbers)
    assert (caught.value.code, caught.value.fields["column"]) == ("WRONG_COLUMN_TYPE", "unique_id")


def test_nullable_columns() -> None:
    given = pd.DataFrame({
        "f": pd.array([1.5, None, math.nan], "Float64"), "i": pd.array([1, None, 3], "Int64"), "b": pd.array([True, None, False], "boolean"),
        "whole": pd.array([True, False, True], "boolean"), "t": pd.array(["x", None, "y"], "string"), "n": [1.0, math.nan, 2.0],
    })
    for frame in (given, pl.DataFrame(pa.table(given)), pa.table(given)):
        got = tr.Table(frame).to_dict()
        assert got["whole"] == [True, False, True] and got["t"] == ["x", "", "y"]
        assert [got[name][0] for name in "fibn"] == [1.5, 1, 1, 1] and [got[name][2] for name in "ibn"] == [3, 0, 2]
        assert all(math.isnan(got[name][1]) for name in "fibn")
    # what lies under a null is nobody's business
    under = pa.Array.from_buffers(pa.float64(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([1.0, 2.0]).tobytes())])
    got = tr.Table(pa.table({"x": under}))["x"]
    assert got[0] == 1.0 and math.isnan(got[1])


def test_empty_frames() -> None:
    types = {"unique_id": pa.string(), "ds": pa.date32(), "y": pa.float64(), "c": pa.dictionary(pa.int32(), pa.string()), "at": pa.timestamp("us"), "b": pa.bool_(), "i": pa.int64()}
    empty = pa.table({name: pa.array([], kind) for name, kind in types.items()})
    for frame in (empty, empty.to_pandas(date_as_object=False), pl.DataFrame(empty), pa.Table.from_batches([], empty.schema)):
        table = tr.Table(frame)
        assert list(table.to_dict().values()) == [[]] * 7
        assert table.to_polars().height == 0
        assert len(tr.Table(tr.forecast(frame, h=2, models=["naive"]))["naive"]) == 0


def test_a_table_shares_its_columns() -> None:
    table = tr.Table(pa.table({"x": np.arange(1000.0), "i": np.arange(1000), "at": pa.array(np.arange(1000), pa.timestamp("ms")), "d": pa.array(np.arange(1000), pa.int32()).cast(pa.date32())}))
    address = lambda frame: [column.chunk(0).buffers()[1].address for column in pa.table(frame).columns]
    assert address(table) == address(table) == address(tr.Table(table))
    source = pa.table({"x": np.arange(1000.0), "i": np.arange(1000)})
    assert address(tr.Table(source)) == address(source)
    frame = pl.DataFrame({"x": np.arange(1000.0)})
    assert address(tr.Table(frame)) == address(frame.to_arrow())


def test_a_buffer_that_lies_askew_is_read() -> None:
    raw = pa.py_buffer(b"\0" + np.array([1.5, 2.5]).tobytes()).slice(1)
    askew = pa.Array.from_buffers(pa.float64(), 2, [None, raw])
    assert tr.Table(pa.table({"x": askew}))["x"] == [1.5, 2.5]


def test_missing_numbers_are_nan_and_missing_texts_empty() -> None:
    given = pa.table({"f": [1.0, None], "i": [1, None], "b": [True, None], "t": ["x", None], "n": [None, None]})
    for table in (tr.Table(given), tr.Table(given.to_pydict())):
        assert table["f"][0] == table["i"][0] == 1.0
        assert all(math.isnan(table[name][1]) for name in "fibn")
        assert table["t"] == ["x", ""]


def with_y(**changes):
    return {**COLUMNS, **changes}


Y = COLUMNS["y"]
BAD = [
    ("no column", {"unique_id": ["a"], "ds": [DAY]}, {}, "MISSING_COLUMN", {"column": "y"}),
    ("empty dict", {}, {}, "MISSING_COLUMN", {}),
    ("texts for numbers", with_y(y=["x"] * len(Y)), {}, "WRONG_COLUMN_TYPE", {"column": "y", "got": "text"}),
    ("mixed cells", with_y(y=[*Y[:-1], "x"]), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("an object", with_y(y=[*Y[:-1], object()]), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("a huge integer", with_y(y=[*Y[:-1], 2**70]), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("two dimensions", with_y(y=np.zeros((2, 3))), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("complex numbers", with_y(y=np.array(Y, complex)), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("a text for a column", with_y(y="abc"), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("unequal lengths", with_y(y=Y[:-1]), {}, "INVALID_ARGUMENT", {"field": "y"}),
    ("a missing day", with_y(ds=[*COLUMNS["ds"][:-1], None]), {}, "INVALID_ARGUMENT", {"field": f"ds[{2 * ROWS - 1}]"}),
    ("a missing day in arrow", pa.table(with_y(ds=[*COLUMNS["ds"][:-1], None])), {}, "INVALID_ARGUMENT", {"field": f"ds[{2 * ROWS - 1}]"}),
    ("NaT in pandas", pd.DataFrame(with_y(ds=pd.to_datetime([*COLUMNS["ds"][:-1], None]))), {}, "INVALID_ARGUMENT", {"field": f"ds[{2 * ROWS - 1}]"}),
    ("bad text day", with_y(ds=["soon"] * len(Y)), {}, "INVALID_ARGUMENT", {"field": "ds[0]"}),
    ("list cells in arrow", pa.table(with_y(y=[[1.0]] * len(Y))), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("mixed objects in pandas", pd.DataFrame(with_y(y=[*Y[:-1], "x"])), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("infinity", with_y(y=[*Y[:-1], math.inf]), {"on_error": "raise"}, "NAN_IN_SERIES", {"series": "b"}),
    ("a day twice", with_y(ds=[DAY] * len(Y)), {}, "DUPLICATE_TIME", {"series": "a"}),
    ("no frame", 3, {}, "INVALID_ARGUMENT", {"field": "df"}),
    ("nothing", None, {}, "INVALID_ARGUMENT", {"field": "df"}),
    ("a lazy frame", pl.LazyFrame(COLUMNS), {}, "INVALID_ARGUMENT", {"field": "df"}),
    ("a series of texts", pd.Series(["a", "b"]), {}, "WRONG_COLUMN_TYPE", {"column": "y"}),
    ("h of text", COLUMNS, {"h": "8"}, "INVALID_ARGUMENT", {"field": "h"}),
    ("h of 1.5", COLUMNS, {"h": 1.5}, "INVALID_ARGUMENT", {"field": "h"}),
    ("h below 1", COLUMNS, {"h": 0}, "INVALID_ARGUMENT", {"field": "h"}),
    ("h below 0", COLUMNS, {"h": -1}, "INVALID_ARGUMENT", {"field": "h"}),
    ("h too large", COLUMNS, {"h": 2**64}, "INVALID_ARGUMENT", {"field": "h"}),
    ("level above 100", COLUMNS, {"level": [101]}, "INVALID_ARGUMENT", {}),
    ("level of NaN", COLUMNS, {"level": [math.nan]}, "INVALID_ARGUMENT", {"field": "level[0]"}),
    ("level of None", COLUMNS, {"level": [None]}, "INVALID_ARGUMENT", {}),
    ("level of an object", COLUMNS, {"level": object()}, "INVALID_ARGUMENT", {"field": "level"}),
    ("unknown model", COLUMNS, {"models": ["prophet"]}, "INVALID_ARGUMENT", {"field": "models[0]"}),
    ("unknown step", COLUMNS, {"freq": "fortnight"}, "INVALID_ARGUMENT", {"field": "freq"}),
]


@pytest.mark.parametrize("frame, params, code, fields", [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input(frame, params: dict, code: str, fields: dict) -> None:
    with pytest.raises(tr.Error) as caught:
        tr.forecast(frame, **params)
    assert (caught.value.code, {key: caught.value.fields.get(key) for key in fields}) == (code, fields), caught.value


def test_a_plain_series() -> None:
    expected = tr.forecast({"unique_id": ["y"] * ROWS, "ds": list(range(ROWS)), "y": Y[:ROWS]}, h=3, season=7)
    for series in (Y[:ROWS], np.array(Y[:ROWS]), pd.Series(Y[:ROWS]), pl.Series(Y[:ROWS]), tuple(Y[:ROWS])):
        assert tr.forecast(series, h=3, season=7) == expected
    assert tr.forecast({"y": Y[:ROWS]}, h=3, season=7) == expected


def test_missing_values_and_bad_series_in_any_frame() -> None:
    columns = {"unique_id": ["a", "a", "a", "b"], "ds": [DAY, DAY + dt.timedelta(1), DAY + dt.timedelta(2), DAY], "y": [1.0, None, 2.0, None]}
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pa.table(columns), columns):
        got = tr.Table(tr.forecast(frame, h=1, models=["naive"]))
        assert got["naive"][0] == 2.0 and math.isnan(got["naive"][1])
        assert got["error"] == ["", "SERIES_TOO_SHORT: series b has 0 observations, needs 1"]


def test_other_frames() -> None:
    users = {"user": ["u1", "u1", "u2", "u2", "u3"], "item": ["a", "b", "a", "b", "a"]}
    for frame in (users, pd.DataFrame(users), pl.DataFrame(users), pa.table(users)):
        answer = tr.recommend(frame, k=1, users=["u3"])
        assert type(answer) is type(frame) and list(tr.Table(answer)["item"]) == ["b"]
    points = {"x": [0.0, 0.1, 9.0, 9.1], "z": [0.0, 0.2, 9.0, 9.2]}
    clusters = tr.kmeans(pd.DataFrame(points), k=2, seed=1)
    assert isinstance(clusters, pd.DataFrame) and clusters["cluster"].nunique() == 2


def test_tables_and_rows_turn_into_frames() -> None:
    shop = tr.memory(open_catalog=True)
    now = dt.datetime(2026, 11, 23, 9, tzinfo=dt.timezone.utc)
    shop.receive(id="r1", sku="A", lot="l1", expires_on=dt.date(2027, 6, 30), quantity=4, location="paris", now=now)
    shop.receive(id="r2", sku="B", lot="l2", quantity=5, location="paris", now=now)
    rows = shop.stock(now=now)
    assert rows.to_polars()["expires_on"].to_list() == [dt.date(2027, 6, 30), None]
    assert rows.to_pandas()["on_hand"].tolist() == rows.to_arrow()["on_hand"].to_pylist() == [4, 5]
    assert [row["sku"] for row in rows.to_dicts()] == rows.to_dict()["sku"] == ["A", "B"]
    assert rows.to_polars()["days_left"].to_list() == [219, None]
    assert "<td>l1</td>" in rows._repr_html_() and "l1" in repr(rows)
    picks = shop.recommend("ana", now=now)
    assert picks.to_polars().height == len(picks) == 2 and picks.to_polars()["reasons"].dtype == pl.String
    nothing = shop.expiring(within_days=1, now=now)
    assert len(nothing) == 0 and nothing.to_polars().schema["expires_on"] == pl.Date and nothing.to_pandas().empty
    table = tr.Table(COLUMNS)
    assert table.to_pandas().shape == table.to_polars().shape == (2 * ROWS, 3)
    assert table.to_arrow().num_rows == table.height == 2 * ROWS and len(table) == 3
    assert "<th>unique_id</th>" in table._repr_html_() and "158 more" in repr(table)
    for value in (rows, rows[0], picks, table, shop.position()):
        again = pickle.loads(pickle.dumps(value))
        assert again == value and type(again) is type(value)


def test_memory_is_flat_over_many_passes() -> None:
    import resource

    frame = pl.DataFrame(COLUMNS)
    for _ in range(300):
        tr.Table(frame).to_polars()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3000):
        tr.Table(frame).to_polars()
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 20_000, f"{grown_kb} KB"


SERIES = 400
BIG = {
    "unique_id": [f"s{i}" for i in range(SERIES) for _ in range(200)],
    "ds": np.tile(np.arange("2026-01-01", "2026-07-20", dtype="datetime64[D]"), SERIES),
    "y": np.abs(np.sin(np.arange(SERIES * 200)) * 9),
}


def test_progress_is_told_and_the_gil_is_free() -> None:
    told: list[tuple[int, int]] = []
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.wait(0.005):
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.monotonic()
    tr.forecast(pl.DataFrame(BIG), h=14, season=7, progress=lambda done, total: told.append((done, total)))
    elapsed = time.monotonic() - begin
    done.set()
    thread.join()
    assert told[-1] == (SERIES, SERIES) and told == sorted(told) and len(told) > 3
    assert ticks > elapsed / 0.005 * 0.25, f"{ticks} ticks in {elapsed:.2f} s"


def test_a_progress_function_may_stop_the_work() -> None:
    def stop(done: int, total: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        tr.forecast(BIG, h=14, season=7, progress=stop)


def test_ctrl_c_stops_the_work() -> None:
    code = (
        "import os, signal, threading, time, numpy as np, trousse as tr\n"
        f"n = {10_000}\n"
        "df = {'unique_id': [f's{i}' for i in range(n) for _ in range(200)],"
        " 'ds': np.tile(np.arange('2026-01-01', '2026-07-20', dtype='datetime64[D]'), n),"
        " 'y': np.abs(np.sin(np.arange(n * 200)) * 9)}\n"
        "table = tr.Table(df)\n"
        "threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()\n"
        "begin = time.monotonic()\n"
        "try:\n    tr.forecast(table, h=14, season=7)\n    print('finished')\n"
        "except KeyboardInterrupt:\n    print('stopped', time.monotonic() - begin)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert out[0] == "stopped" and float(out[1]) < 2.0, out


def test_a_bar_shows_only_for_long_work(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    tr.forecast(COLUMNS, h=1, progress=True)
    assert capfd.readouterr().err == ""
    monkeypatch.setattr("trousse._base.BAR_AFTER_SECONDS", 0.0)
    tr.forecast(COLUMNS, h=1, progress=True)
    assert "2/2" in capfd.readouterr().err


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_texts_that_repeat_are_texts(frame) -> None:
    ids = [f"sku-{i % 10}" for i in range(3_000)]
    ds = [str(np.datetime64("2026-01-01") + i // 10) for i in range(3_000)]
    rows = {"unique_id": ids, "ds": ds, "y": [float(10 + i % 10 + i // 10 % 7) for i in range(3_000)]}
    plain = tr.Table(tr.forecast(rows, h=2)).to_dict()
    got = tr.Table(tr.forecast(frame(rows), h=2)).to_dict()
    assert got["unique_id"] == plain["unique_id"] == [f"sku-{i // 2}" for i in range(20)]
    assert got["auto"] == plain["auto"] and got["model"] == plain["model"]
