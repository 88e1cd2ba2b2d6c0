"""Writes the typed layer ``python/trousse/_generated.py`` from ``tests/surface.json``.

``python generate.py`` writes it, ``python generate.py --check`` fails where it differs. With ``--stubs FILE``, the
output of ``maturin generate-stubs``, it does the same with ``python/trousse/_core.pyi``.
"""

from __future__ import annotations

import json
import keyword
import pathlib
import re
import sys
import textwrap

HERE = pathlib.Path(__file__).parent
SURFACE = HERE.parent / "tests" / "surface.json"
TARGET = HERE / "python" / "trousse" / "_generated.py"
STUBS = TARGET.with_name("_core.pyi")

#: Codes that any call may answer with.
EVERYWHERE = {"module": ["INTERNAL"], "engine": ["CLOSED", "INTERNAL"]}

#: Codes that any door may answer with besides.
DOORS = ["DISK_FULL", "READ_ONLY"]

#: Arguments that are also taken by position, where they come first.
SUBJECTS = ("sku", "subject", "location")

HEADER = '''"""The typed functions, engines, arguments and answers of trousse.

Written by ``generate.py`` from ``tests/surface.json``: do not edit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from ._base import Base, Progress, Row, call, call_frame
from .frames import Rows, Table, catalog, day, day_argument, instant, records

#: Any frame: pandas, polars, pyarrow, anything with ``__arrow_c_stream__``, or a dict of columns.
Frame = Any

F = TypeVar("F")

#: A day: a date or ISO text.
DayLike = dt.date | str

#: An instant: an aware datetime, ISO text, or milliseconds since 1970.
InstantLike = dt.datetime | str | int
'''


def name_of(node: dict | bool) -> str | None:
    """The definition that a schema refers to."""
    return node["$ref"].rpartition("/")[2] if isinstance(node, dict) and "$ref" in node else None


def python_name(name: str) -> str:
    """A name that is no keyword."""
    return f"{name}_" if keyword.iskeyword(name) else name


class Surface:
    """The surface and how it looks in Python."""

    def __init__(self, surface: dict) -> None:
        self.surface = surface
        self.definitions: dict[str, dict] = surface["definitions"]
        self.answers: list[str] = []
        self.inputs: list[str] = []
        self.literals: list[str] = []
        for operation in surface["operations"]:
            self.reach(operation["answer"], self.answers)
            params = self.definitions[name_of(operation["params"])]
            for node in params.get("properties", {}).values():
                if name_of(node) not in ("Fact", "Command"):
                    self.reach(node, self.inputs)
        for node in self.definitions[name_of(surface["options"])]["properties"].values():
            self.reach(node, self.inputs)

    def reach(self, node: dict | bool, into: list[str]) -> None:
        """Collects the definitions behind a schema, what they need first."""
        if not isinstance(node, dict):
            return
        for inner in [node.get("items"), *node.get("anyOf", [])]:
            self.reach(inner, into)
        name = name_of(node)
        if name is None or name in ("Nothing", "Fact", "Command"):
            return
        definition = self.definitions[name]
        if "oneOf" in definition:
            if name not in self.literals:
                self.literals.append(name)
        elif "properties" in definition and name not in into:
            for inner in definition["properties"].values():
                self.reach(inner, into)
            if name not in into:
                into.append(name)

    # Types.

    def type(self, node: dict | bool, given: bool) -> str:
        """The annotation of a schema, for what is given or for what is answered."""
        if node is True or node == {} or set(node) <= {"description", "default"}:
            return "Any"
        if "anyOf" in node:
            arms = [self.type(arm, given) for arm in node["anyOf"] if arm.get("type") != "null"]
            return " | ".join([*arms, "None"])
        name = name_of(node)
        if name is not None:
            definition = self.definitions[name]
            if name in ("Fact", "Command"):
                return "Mapping[str, Any]"
            if "oneOf" in definition:
                return name
            if "properties" in definition:
                return f"{name} | Mapping[str, Any]" if given else name
            return self.type(definition, given)
        kind = node["type"]
        if isinstance(kind, list):
            inner = self.type({**node, "type": next(k for k in kind if k != "null")}, given)
            return f"{inner} | None"
        if kind == "array":
            item = self.type(node["items"], given)
            if given and name_of(node["items"]) == "Line":
                return f"Mapping[str, int] | Iterable[{item}]"
            return f"Sequence[{item}]" if given else f"tuple[{item}, ...]"
        if kind == "string":
            days = {"date": "DayLike", "date-time": "InstantLike"} if given else {"date": "dt.date", "date-time": "dt.datetime"}
            return days.get(node.get("format", ""), "str")
        return {"integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]"}[kind]

    def default(self, node: dict) -> str:
        """The default of a parameter as source."""
        value = node["default"]
        if isinstance(value, list):
            return repr(tuple(value))
        if isinstance(value, dict):
            name = name_of(node)
            own = {key: inner["default"] for key, inner in self.definitions[name]["properties"].items()}
            assert own == value, f"{name}: the default differs from the defaults of its fields"
            return f"{name}()"
        return repr(value)

    def read(self, node: dict | bool, value: str) -> str:
        """Source that turns JSON into the answer's type."""
        if not isinstance(node, dict):
            return value
        if "anyOf" in node:
            arm = next(arm for arm in node["anyOf"] if arm.get("type") != "null")
            inner = self.read(arm, value)
            return inner if inner == value else f"None if {value} is None else {inner}"
        name = name_of(node)
        if name is not None and "properties" in self.definitions[name]:
            return f"{name}._of({value})"
        if node.get("type") == "array":
            inner = self.read(node["items"], "v")
            return f"tuple({value})" if inner == "v" else f"tuple({inner} for v in {value})"
        kind = {"date": "day", "date-time": "instant"}.get(node.get("format", ""))
        return f"{kind}({value})" if kind else value

    def fields(self, definition: dict) -> list[tuple[str, dict, bool]]:
        """Name, schema and whether it must be given, in the order of the Rust definition where it is known."""
        properties = definition.get("properties", {})
        required = definition.get("required", [])
        names = list(properties)
        if names == sorted(names):
            names = [*required, *(name for name in names if name not in required)]
        else:
            names = [n for n in names if n in required] + [n for n in names if n not in required]
        return [(name, properties[name], name in required) for name in names]

    # Source.

    def literal(self, name: str) -> str:
        """The source of an enum of texts."""
        definition = self.definitions[name]
        arms = [arm for arm in definition["oneOf"] if "properties" not in arm]
        values = [value for arm in arms for value in arm.get("enum", [arm.get("const")])]
        kinds = f"Literal[{', '.join(json.dumps(v) for v in values)}]"
        if len(arms) < len(definition["oneOf"]):  # {"group": {"max_delay_ms": 5}}
            kinds += " | Mapping[str, Mapping[str, Any]]"
        return f"#: {plain(definition['description'].partition(chr(10))[0])}\n{name} = {kinds}\n"

    def input(self, name: str) -> str:
        """The source of the dataclass of a nested argument."""
        definition = self.definitions[name]
        lines = ["@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)", f"class {name}(Row):"]
        lines += self.class_doc(definition)
        for field, node, required in self.fields(definition):
            default = "" if required else f" = {self.default(node)}"
            lines.append(f"    {python_name(field)}: {self.type(node, True)}{default}")
        lines += ["", *self.to_dict()]
        if name in self.answers:
            lines += ["", *self.of(name, definition)]
        return "\n".join(lines) + "\n"

    def answer(self, name: str) -> str:
        """The source of the dataclass of an answer."""
        definition = self.definitions[name]
        lines = ["@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)", f"class {name}(Row):"]
        lines += self.class_doc(definition)
        for field, node, _ in self.fields(definition):
            lines.append(f"    {python_name(field)}: {self.type(node, False)}")
        lines += ["", *self.to_dict(), "", *self.of(name, definition)]
        return "\n".join(lines) + "\n"

    def to_dict(self) -> list[str]:
        return [
            "    def to_dict(self) -> dict[str, Any]:",
            '        """The fields as a dict, nested answers too."""',
            "        return dataclasses.asdict(self)",
        ]

    def of(self, name: str, definition: dict) -> list[str]:
        lines = ["    @classmethod", f"    def _of(cls, value: Mapping[str, Any]) -> {name}:", "        return cls("]
        for field, node, required in self.fields(definition):
            given = required or "anyOf" in node or node.get("default") is not None  # answers write every field
            value = f'value["{field}"]' if given else f'value.get("{field}")'
            key = f"{python_name(field)}=" if name in self.inputs else ""
            lines.append(f"            {key}{self.read(self.resolved(node), value)},")
        return [*lines, "        )"]

    def resolved(self, node: dict) -> dict:
        """A definition that is no object, such as Quantity, in place of the reference to it."""
        name = name_of(node)
        definition = self.definitions.get(name or "", {})
        return definition if name and "properties" not in definition else node

    def class_doc(self, definition: dict) -> list[str]:
        fields = [(python_name(field), self.type(node, False), node, None) for field, node, _ in self.fields(definition)]
        parts = [definition.get("description", "")]
        if fields:
            parts.append("Attributes\n----------\n" + "\n".join(self.entry(*field) for field in fields))
        return doc("\n\n".join(parts), 4)

    def entry(self, name: str, kind: str, node: dict, default: str | None) -> str:
        """One entry of a parameter list in NumPy style."""
        text = node.get("description") or self.definitions.get(name_of(node) or "", {}).get("description", "")
        values = self.definitions.get(name_of(node.get("items", node)) or "", {}).get("oneOf", [])
        if values and all("const" in arm for arm in values):
            text += " One of " + ", ".join(f"``{arm['const']}``" for arm in values) + "."
        suffix = "" if default is None else f", default {default}"
        return f"{name} : {kind}{suffix}\n{textwrap.indent(fill(text, 104), '    ')}"

    def operation(self, operation: dict) -> str:
        """The source of a module function or a method."""
        name, module, kind = operation["name"], operation["on"] == "module", operation["kind"]
        fields = self.fields(self.definitions[name_of(operation["params"])])
        documented: list[str] = []
        positional: list[str] = [] if module else ["self"]
        named: list[str] = []
        values: list[str] = []
        subjects = kind == "query"
        if subjects:
            fields.sort(key=lambda field: SUBJECTS.index(field[0]) if field[0] in SUBJECTS else len(SUBJECTS))
        for i, frame in enumerate(operation["frames"]):
            annotation = "F" if i == 0 else "Frame"
            default = " | None = None" if frame["optional"] else ""
            positional.append(f"{frame['name']}: {annotation}{default}")
            columns = {"description": f"A frame with columns {frame['columns']}."}
            documented.append(self.entry(frame["name"], "frame", columns, "None" if frame["optional"] else None))
        single = len(fields) == 1
        for field, node, required in fields:
            own = python_name(field)
            annotation = self.given(name, field, node)
            default = "" if required else f" = {self.default(node)}"
            subject = subjects and required and field in SUBJECTS
            subject = subject or (kind == "frame" and not operation["frames"] and required)
            (positional if subject or (single and not module) else named).append(f"{own}: {annotation}{default}")
            documented.append(self.entry(own, annotation, node, None if required else self.default(node)))
            values.append(f'"{field}": {self.passed(name, field, node, own)}')
        if kind in ("door", "door_frame", "query", "query_frame"):
            named.append("now: InstantLike | None = None")
            now = {"description": "The instant of the call; else the system's clock."}
            documented.append(self.entry("now", "InstantLike | None", now, "None"))
            values.append('"now": now')
        if operation["long"] and kind != "function":
            named.append("progress: Progress = False")
            shown = {"description": "True shows a bar for work over two seconds; a function gets ``(done, total)``."}
            documented.append(self.entry("progress", "bool or callable", shown, "False"))
        signature = [*positional, *(["*", *named] if named else [])]
        answered, body = self.body(operation, "{" + ", ".join(values) + "}")
        lines = [f"def {python_name(name)}(", *(f"    {part}," for part in signature), f") -> {answered}:"]
        lines += doc(self.operation_doc(operation, documented, answered), 4)
        lines += [f"    {line}" for line in body]
        return "\n".join(lines) + "\n"

    def given(self, operation: str, field: str, node: dict) -> str:
        if field in ("folder", "source", "target"):
            return "str | os.PathLike[str]"
        if operation in ("upsert_skus", "upsert_suppliers", "upsert_channels"):
            return f"Iterable[{self.type(node['items'], True)}] | Frame"
        if operation in ("submit_many", "record_many"):
            return "Iterable[Mapping[str, Any]] | Frame"
        return self.type(node, True)

    def passed(self, operation: str, field: str, node: dict, own: str) -> str:
        """Source that makes an argument ready for JSON."""
        if operation in ("upsert_skus", "upsert_suppliers", "upsert_channels"):
            return f'catalog({own}, "{field}")'
        if operation in ("submit_many", "record_many"):
            return f'records({own}, "{field}")'
        return f'day_argument({own}, "{field}")' if node.get("format") == "date" else own

    def body(self, operation: dict, values: str) -> tuple[str, list[str]]:
        """The annotation of the answer, and the source that gets it."""
        name, kind, answer = operation["name"], operation["kind"], operation["answer"]
        if kind == "frame":
            frames = "{" + ", ".join(f'"{f["name"]}": {f["name"]}' for f in operation["frames"]) + "}"
            answered = "F" if operation["frames"] else "Table"
            return answered, [f'return call_frame("{name}", {frames}, {values}, progress)  # type: ignore[no-any-return]']
        if kind == "door_frame":
            frames = "{" + ", ".join(f'"{f["name"]}": {f["name"]}' for f in operation["frames"]) + "}"
            return "F", [f'return self._door_frame("{name}", {frames}, {values})  # type: ignore[no-any-return]']
        if kind == "query_frame":
            return "Table", [f'return Table(self._query_frame("{name}", {values}, progress))']
        ask = {"function": "call", "door": "self._door", "query": "self._query"}[kind]
        long = kind == "query" and operation["long"]
        call = f'self._query_long("{name}", {values}, progress)' if long else f'{ask}("{name}", {values})'
        if name_of(answer) == "Nothing":
            return "None", [call]
        if name == "submit":
            return "Accepted", [f"answer = {call}", 'return _ACCEPTED[command["type"]]._of(answer)  # type: ignore[no-any-return]']
        if isinstance(answer, dict) and answer.get("type") == "array":
            row = name_of(answer["items"])
            return f"Rows[{row}]", [f"return Rows({row}, ({row}._of(v) for v in {call}))"]
        answered = self.type(answer, False)
        read = self.read(self.resolved(answer), call)
        return answered, [f"return {read}" + ("  # type: ignore[no-any-return]" if read == call else "")]

    def operation_doc(self, operation: dict, documented: list[str], answered: str) -> str:
        parts = [operation["doc"]]
        if documented:
            parts.append("Parameters\n----------\n" + "\n".join(documented))
        if answered != "None":
            parts.append("Returns\n-------\n" + self.returned(operation["answer"], answered))
        doors = DOORS if operation["kind"].startswith("door") else []
        codes = sorted({*operation["codes"], *EVERYWHERE[operation["on"]], *doors})
        parts.append("Raises\n------\nError\n" + textwrap.indent(fill(f"With code {', '.join(codes)}.", 104), "    "))
        return "\n\n".join(parts)

    def returned(self, answer: dict | bool, answered: str) -> str:
        if answered == "F":
            return "frame\n    Of the same kind as the frame given."
        if answered == "Table":
            return "Table\n    A mapping of columns that turns into any frame."
        name = name_of(answer["items"] if isinstance(answer, dict) and "items" in answer else answer)
        return f"{answered}\n    {self.definitions.get(name or '', {}).get('description', 'The answer.')}"

    def source(self) -> str:
        """The whole module."""
        parts = [HEADER]
        parts += [self.literal(name) for name in self.literals]
        parts += [self.input(name) for name in self.inputs]
        parts += [self.answer(name) for name in self.answers if name not in self.inputs]
        kinds = {}
        for arm in self.definitions["Command"]["oneOf"]:
            (command,) = arm["properties"]
            operation = next(op for op in self.surface["operations"] if op["name"] == command and op["kind"] == "door")
            kinds[command] = name_of(operation["answer"])
        parts.append(f"#: What an accepted command did.\nAccepted = {' | '.join(kinds.values())}\n")
        table = ", ".join(f'"{command}": {kind}' for command, kind in kinds.items())
        parts.append(f"_ACCEPTED: dict[str, Any] = {{{table}}}\n")
        operations = self.surface["operations"]
        modules = [op for op in operations if op["on"] == "module"]
        engines = [op for op in operations if op["on"] == "engine"]
        parts += [self.operation(op) for op in modules]
        kept = self.surface["ledger"]
        parts.append(self.engine("_Ledger(Base)", "What the ledger does.", [op for op in engines if op["name"] in kept]))
        parts.append(self.openers([op for op in engines if op["name"] not in kept]))
        names = [python_name(op["name"]) for op in modules] + self.literals + self.inputs
        names += [name for name in self.answers if name not in self.inputs]
        names += ["Accepted", "Engine", "Ledger", "memory", "open"]
        parts.append("__all__ = [\n" + "".join(f'    "{name}",\n' for name in sorted(set(names))) + "]\n")
        return "\n\n".join(parts)

    def engine(self, head: str, about: str, operations: list[dict]) -> str:
        methods = "\n".join(textwrap.indent(self.operation(op), "    ") for op in operations)
        return f'class {head}:\n    """{about}"""\n\n{methods}'

    def openers(self, operations: list[dict]) -> str:
        """Engine, Ledger and the functions that open them."""
        options = self.fields(self.definitions[name_of(self.surface["options"])])
        options = sorted(options, key=lambda option: option[0] == "open_catalog")
        signature = ", ".join(f"{n}: {self.type(node, True)} = {self.default(node)}" for n, node, _ in options)
        passed = ", ".join(f"{name}={name}" for name, _, _ in options)
        values = ", ".join(f'"{name}": {name}' for name, _, _ in options)
        entries = [self.entry(n, self.type(node, True), node, self.default(node)) for n, node, _ in options]
        folder = self.entry("folder", "path", {"description": "A folder for the journal; made where there is none."}, None)
        raises = "Raises\n------\nError\n    With code DISK_FULL, INVALID_ARGUMENT, IO, JOURNAL_CORRUPT, JOURNAL_LOCKED, JOURNAL_VERSION, READ_ONLY."
        head = "Parameters\n----------\n"
        opening = "\n\n".join(["Opens the engine whose journal is in a folder.", head + "\n".join([folder, *entries]), raises])
        memory = "\n\n".join(["Opens an engine without a disk.", head + "\n".join(entries)])
        kept = [option for option in options if option[0] != "open_catalog"]
        own = ", ".join(f"{n}: {self.type(node, True)} = {self.default(node)}" for n, node, _ in kept)
        own_values = ", ".join(f'"{name}": {name}' for name, _, _ in kept)
        ledger_doc = "\n\n".join(
            ["Stock alone, without a disk: lots, holds, first expired first out. Unknown SKUs enter the catalogue.",
             head + "\n".join(self.entry(n, self.type(node, True), node, self.default(node)) for n, node, _ in kept)])
        path = "str | os.PathLike[str]"
        engine = self.engine("Engine(_Ledger)", "@", operations).replace('    """@"""', "\n".join([
            *doc("The closed loop: stock, feedback, demand, forecasts, purchases and recommendations over one journal.\n\n"
                 "Made by ``trousse.open`` or ``trousse.memory``; any number of threads may use it, and ``with`` closes it.", 4),
            "",
            f"    def __init__(self, folder: {path} | None = None, *, {signature}) -> None:",
            f"        super().__init__(folder, {{{values}}})",
            "",
            "    def __enter__(self) -> Engine:",
            "        return self"]))
        ledger = "\n".join([
            "class Ledger(_Ledger):", *doc(ledger_doc, 4), "", f"    def __init__(self, *, {own}) -> None:",
            f'        super().__init__(None, {{{own_values}, "open_catalog": True}})', "",
            "    def __enter__(self) -> Ledger:", "        return self", ""])
        opener = "\n".join([f"def open(folder: {path}, *, {signature}) -> Engine:", *doc(opening, 4), f"    return Engine(folder, {passed})", ""])
        in_memory = "\n".join([f"def memory(*, {signature}) -> Engine:", *doc(memory, 4), f"    return Engine(None, {passed})", ""])
        return "\n\n".join([engine, ledger, opener, in_memory])


def fill(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False))


def plain(text: str) -> str:
    """Rust's links and code as reStructuredText."""
    text = re.sub(r"\[(`[^`]+`)\](\([^)]*\))?", r"\1", text)
    return re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", text)


def doc(text: str, indent: int) -> list[str]:
    """A docstring as source lines."""
    text = plain(text)
    head, _, rest = text.replace("\\", "\\\\").partition("\n\n")
    lines = [*fill(head, 108).splitlines(), *(["", *rest.splitlines()] if rest else [])] or [""]
    lines[0] = f'"""{lines[0]}'
    lines = [*lines, '"""'] if len(lines) > 1 else [lines[0] + '"""']
    return [" " * indent + line if line else "" for line in lines]


def main() -> int:
    """Writes or checks the module, and the stubs of the native part."""
    texts = {TARGET: Surface(json.loads(SURFACE.read_text("utf-8"))).source()}
    if "--stubs" in sys.argv[1:-1]:
        made = pathlib.Path(sys.argv[sys.argv.index("--stubs") + 1]).read_text("utf-8")
        # In `types` only from Python 3.13 on.
        texts[STUBS] = made.replace("from types import CapsuleType", "from typing_extensions import CapsuleType")
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is stale: run generate.py and commit what it writes", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(texts[path], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
