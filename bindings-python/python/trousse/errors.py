"""Errors: one class with a stable ``code`` and the fields that name the culprit."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["Error", "Rejected"]


class Error(Exception):
    """What went wrong.

    Attributes
    ----------
    code : str
        The stable code, the same in Rust, Python and Node, such as ``INVALID_ARGUMENT``.
    message : str
        What, where, the rule and what came.
    fields : dict
        The same facts for programs; each is an attribute too: ``err.available``.
    """

    code: str
    message: str
    fields: dict[str, Any]

    def __init__(self, code: str, message: str, fields: dict[str, Any] | None = None) -> None:
        super().__init__(code, message, fields or {})
        self.code = code
        self.message = message
        self.fields = fields or {}

    def __getattr__(self, name: str) -> Any:
        fields: dict[str, Any] = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(f"{type(self).__name__} {self.__dict__.get('code', '')} has no field {name}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.fields})

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r}, {self.message!r})"


class Rejected(Error):
    """A command that stock does not allow; the refusal is journalled, and its id answers so for ever."""


def argument(field: str, rule: str, got: object) -> Error:
    """An argument outside its domain, as the core spells it."""
    shown = got if isinstance(got, str) else repr(got)
    shown = shown if len(shown) <= 120 else f"{shown[:117]}..."
    fields = {"field": field, "rule": rule, "got": shown}
    return Error("INVALID_ARGUMENT", f"{field} must be {rule}, got {shown}", fields)


def _from_core(code: str, message: str, fields: str, refused: bool) -> Error:
    return (Rejected if refused else Error)(code, message, json.loads(fields))
