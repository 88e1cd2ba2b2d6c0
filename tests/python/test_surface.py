"""The public API is the surface: every operation, parameter and default, and nothing beside it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import keyword
import pathlib
import re
import subprocess
import sys

import mypy.api
import pytest

import trousse as tr

ROOT = pathlib.Path(__file__).parents[2]
SURFACE = json.loads((ROOT / "tests" / "surface.json").read_text("utf-8"))
ABSENT = {entry["what"]: entry["why"] for entry in SURFACE["absent"] if entry["face"] == "python"}
OPERATIONS = [pytest.param(op, id=f"{op['on']}.{op['name']}") for op in SURFACE["operations"]]

#: Public names beside the operations, and why they are there.
BESIDE = {
    "Engine": "what open and memory answer",
    "Ledger": "the surface's ledger",
    "open": "opens the engine of the surface's options",
    "follow": "opens an engine that only reads",
    "Follower": "what follow answers",
    "Forecaster": "fitted series that are kept",
    "memory": "opens the engine of the surface's options",
    "Error": "the surface's codes",
    "Rejected": "the surface's codes of refused commands",
    "Rows": "an answer of rows",
    "Table": "an answer that is a frame",
    "Accepted": "the answers of submit",
    "__version__": "the surface's version",
}
#: Methods of an engine beside the operations, and why they are there.
ENGINE_BESIDE = {"close": "releases the journal", "closed": "whether it was closed", "watch": "changes as an iterator"}


def spelled(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def plain(value):
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation_is_public(operation: dict) -> None:
    if operation["name"] in ABSENT:
        assert ABSENT[operation["name"]]
        return
    owner = tr if operation["on"] == "module" else tr.Engine
    function = getattr(owner, spelled(operation["name"]))
    found = {name: p for name, p in inspect.signature(function).parameters.items() if name != "self"}
    definition = SURFACE["definitions"][operation["params"]["$ref"].rpartition("/")[2]]
    required = definition.get("required", [])
    for name, node in definition.get("properties", {}).items():
        parameter = found.pop(spelled(name))
        if name in required:
            assert parameter.default is inspect.Parameter.empty, f"{name} has a default"
        else:
            assert plain(parameter.default) == node["default"], f"default of {name}"
        assert f"    {spelled(name)} : " in function.__doc__, f"{name} is not documented"
    for frame in operation["frames"]:
        assert (found.pop(frame["name"]).default is None) == frame["optional"]
    extra = ({"now"} if operation["on"] == "engine" else set()) | ({"progress"} if operation["long"] and operation["kind"] != "function" else set())
    assert set(found) == extra
    for code in operation["codes"]:
        assert code in function.__doc__, f"{code} is not documented"


def test_nothing_else_is_public() -> None:
    modules = {spelled(op["name"]) for op in SURFACE["operations"] if op["on"] == "module"}
    beside = {name for name in tr.__all__ if name not in modules and name not in BESIDE}
    assert beside <= SURFACE["definitions"].keys(), "public names that the surface does not have"
    methods = {spelled(op["name"]) for op in SURFACE["operations"] if op["on"] == "engine"}
    public = {name for name in dir(tr.Engine) if not name.startswith("_")}
    assert public == methods | ENGINE_BESIDE.keys()
    ledger = {name for name in dir(tr.Ledger) if not name.startswith("_")}
    assert ledger == {spelled(name) for name in SURFACE["ledger"]} | ENGINE_BESIDE.keys()


def test_all_names_exist_and_have_docs() -> None:
    for name in tr.__all__:
        value = getattr(tr, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, f"{name} has no doc"


def test_options_and_version() -> None:
    options = SURFACE["definitions"][SURFACE["options"]["$ref"].rpartition("/")[2]]["properties"]
    for opener in (tr.open, tr.memory, tr.Engine):
        found = {n: p.default for n, p in inspect.signature(opener).parameters.items() if n != "folder"}
        assert found == {name: node["default"] for name, node in options.items()}
    assert tr.__version__ == SURFACE["version"]


@pytest.mark.parametrize("script", ["generate.py"])
def test_generated_layer_is_fresh(script: str) -> None:
    command = [sys.executable, str(ROOT / "bindings-python" / script), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_types_of_the_examples() -> None:
    files = [*sorted((ROOT / "examples" / "python").glob("*.py")), ROOT / "bindings-python" / "python" / "trousse"]
    config = ROOT / "bindings-python" / "pyproject.toml"
    out, err, status = mypy.api.run(["--strict", "--no-incremental", "--config-file", str(config), *map(str, files)])
    assert status == 0, out + err


@pytest.mark.parametrize("name, said", [("quickstart.py", "LIP-02"), ("forecasts.py", "SER-30")])
def test_example_runs(name: str, said: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "examples" / "python" / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_the_readme_of_the_wheel_runs(tmp_path: pathlib.Path) -> None:
    text = (ROOT / "bindings-python" / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    for _ in range(2):  # the second run finds the folder, and every id answers as before
        done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "INSUFFICIENT_STOCK 46\n" in done.stdout
