"""Runs the shared vectors through the public Python API."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import keyword
import math
import pathlib
import re

import pytest

import trousse as tr
from trousse.frames import plain

FOLDER = pathlib.Path(__file__).parents[1] / "vectors"
SURFACE = json.loads((FOLDER.parent / "surface.json").read_text("utf-8"))
OPERATIONS = {(op["on"], op["name"]) for op in SURFACE["operations"]}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def cases() -> list:
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        for case in json.loads(file.read_text("utf-8"))["cases"]:
            found.append(pytest.param(case, id=f"{file.stem}: {case['name']}"))
    return found


def bare(value):
    """An answer as JSON: days and instants as ISO text, NaN as null."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, tr.Rows):
        return [bare(row) for row in value]
    if hasattr(value, "to_dict"):
        return {key.rstrip("_"): bare(inner) for key, inner in value.to_dict().items()}
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [bare(inner) for inner in value]
    return plain(value) if isinstance(value, dt.date) else value


def compare(expect, got, tolerance: float, path: str = "answer") -> int:
    """Compares the named parts and answers how many values were looked at."""
    if isinstance(expect, dict):
        assert isinstance(got, dict), f"{path}: {got!r} is no object"
        missing = expect.keys() - got.keys()
        assert not missing, f"{path}: no {missing} in {sorted(got)}"
        return sum(compare(inner, got[key], tolerance, f"{path}.{key}") for key, inner in expect.items())
    if isinstance(expect, list):
        assert isinstance(got, list), f"{path}: {got!r} is no array"
        assert len(got) == len(expect), f"{path}: {len(got)} items, expected {len(expect)}: {got!r}"
        return 1 + sum(compare(e, g, tolerance, f"{path}[{i}]") for i, (e, g) in enumerate(zip(expect, got, strict=True)))
    if isinstance(expect, (int, float)) and not isinstance(expect, bool):
        assert isinstance(got, (int, float)) and not isinstance(got, bool), f"{path}: {got!r}, expected {expect}"
        assert math.isclose(got, expect, rel_tol=tolerance, abs_tol=tolerance), f"{path}: {got}, expected {expect}"
        return 1
    if isinstance(expect, str) and isinstance(got, str) and INSTANT.match(expect) and INSTANT.match(got):
        assert dt.datetime.fromisoformat(got) == dt.datetime.fromisoformat(expect), f"{path}: {got}, expected {expect}"
        return 1
    assert type(got) is type(expect) and got == expect, f"{path}: {got!r}, expected {expect!r}"
    return 1


def invoke(target, on: str, name: str, frames: dict, params: dict):
    assert (on, name) in OPERATIONS, f"{name} is no operation of the {on}"
    function = getattr(target, f"{name}_" if keyword.iskeyword(name) else name)
    known = inspect.signature(function).parameters
    columns = {key: {c: [math.nan if v is None else v for v in vs] for c, vs in f.items()} for key, f in frames.items()}
    own = {f"{key}_" if keyword.iskeyword(key) else key: value for key, value in params.items()}
    unknown = [key for key in own if key not in known]
    if unknown:  # Python refuses the name before the core sees it
        raise tr.Error("INVALID_ARGUMENT", f"unknown {unknown[0]}", {"field": unknown[0]})
    return function(**columns, **own)


def check(target, on: str, case: dict, tolerance: float) -> int:
    """Runs one step and answers how many values it asserted; ``"expect": {}`` says only that it works."""
    frames, params = case.get("frames", {}), case.get("params", {})
    assert ("expect" in case) != ("error" in case), "a step asserts either an answer or an error"
    if "error" not in case:
        got = bare(invoke(target, on, case["op"], frames, params))
        return compare(case["expect"], {} if got is None else got, tolerance) if case["expect"] != {} else 0
    with pytest.raises((tr.Error, TypeError)) as caught:
        invoke(target, on, case["op"], frames, params)
    if isinstance(caught.value, TypeError):  # a required argument is missing: Python says so before the core
        field = case["error"].get("field", "")
        assert case["error"]["code"] == "INVALID_ARGUMENT"
        assert re.search(rf"missing .*required .*argument.*'{field}_?'", str(caught.value))
        return 1
    fields = {"code": caught.value.code, "message": caught.value.message, **caught.value.fields}
    return compare(case["error"], fields, tolerance, "error")


def test_there_are_vectors() -> None:
    assert len(cases()) > 0, f"no vectors in {FOLDER}"


@pytest.mark.parametrize("case", cases())
def test_vector(case: dict) -> None:
    tolerance = case.get("tolerance", 1e-9)
    if "steps" not in case:
        assert check(tr, "module", case, tolerance) > 0, "asserts nothing"
        return
    assert ("engine" in case) != ("ledger" in case), "a story runs on an engine or on a ledger"
    with tr.memory(**case["engine"]) if "engine" in case else tr.Ledger(**case["ledger"]) as engine:
        asserted = sum(check(engine, "engine", step, step.get("tolerance", tolerance)) for step in case["steps"])
    assert asserted > 0, "asserts nothing"
