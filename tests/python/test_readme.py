"""The Python of the README and of MIGRATING.md runs and says what they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def blocks(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), flags=re.S)


def test_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    story, forecasts = blocks("README.md")
    exec(compile(story, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("A1: 1, B7: 2\n")
    exec(compile(forecasts, "README.md", "exec"), {})


def test_the_migration_runs() -> None:
    _before, *after = blocks("bindings-python/MIGRATING.md")
    for block in after:
        exec(compile(block, "MIGRATING.md", "exec"), {})
