"""
The native part of `trousse`; the public API is the typed layer above it.
"""

from _typeshed import SupportsGetItem
from os import PathLike
from typing_extensions import CapsuleType
from typing import Any, final

__all__ = ["Engine", "Forecaster", "Table", "call", "call_frame", "stream_of_rows", "version"]

@final
class Engine:
    """
    An engine behind a writer thread: any number of Python threads may use it.
    """
    def close(self, /) -> None:
        """
        Answers all that is queued and releases the journal.
        """
    def door(self, /, name: str, arguments_json: str) -> str:
        """
        Sends an input to the writer and waits until its answer is durable.
        """
    def door_frame(self, /, name: str, frames: dict, arguments_json: str) -> Table:
        """
        Sends a frame of inputs to the writer and waits until all answers are durable.
        """
    @staticmethod
    def follow(folder: str | PathLike[str]) -> Engine:
        """
        Follows the journal in a folder that another process writes.
        """
    @staticmethod
    def memory(options_json: str) -> Engine:
        """
        An engine without a disk.
        """
    @staticmethod
    def open(folder: str | PathLike[str], options_json: str) -> Engine:
        """
        Opens the journal in a folder.
        """
    def poll(self, /) -> int:
        """
        Takes in what another process wrote; answers how many events that were.
        """
    def query(self, /, name: str, arguments_json: str) -> str:
        """
        Asks a question that takes no time worth speaking of.
        """
    def query_frame(self, /, name: str, arguments_json: str, progress: Any | None = None) -> Table:
        """
        Asks a question that is answered with a frame, on a thread of its own.
        """
    def query_long(self, /, name: str, arguments_json: str, progress: Any | None = None) -> str:
        """
        Asks a question that takes long, on a thread of its own.
        """

@final
class Forecaster:
    """
    Fitted series and where each stands.
    """
    def __len__(self, /) -> int:
        """
        How many series there are.
        """
    def call(self, /, name: str, frames: dict, arguments_json: str, progress: Any | None = None) -> Table:
        """
        Runs `predict`, `drifted`, `update` or `refit`.
        """
    @staticmethod
    def fit(frames: dict, arguments_json: str, progress: Any | None = None) -> Forecaster:
        """
        Fits each series of the frame `df`.
        """
    @staticmethod
    def load(state: bytes) -> Forecaster:
        """
        Reads what `save` wrote.
        """
    def params(self, /) -> str:
        """
        How it fits and keeps forecasts, as JSON.
        """
    def save(self, /) -> bytes:
        """
        The state as bytes.
        """

@final
class Table:
    """
    A table of the core: columns by name, and an Arrow stream for every frame library.
    """
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> CapsuleType:
        """
        Exports the rows as an Arrow stream.
        """
    def __len__(self, /) -> int:
        """
        Answers how many rows there are.
        """
    def column(self, /, name: str) -> list:
        """
        Answers a column as a list: days as `date`, instants as `datetime` in UTC.
        """
    def names(self, /) -> list[str]:
        """
        Answers the names of the columns.
        """
    @staticmethod
    def read(frame: Any) -> Table:
        """
        Takes a frame by its Arrow stream, or a dict of columns.
        """

def call(name: str, arguments_json: str) -> str:
    """
    Runs a pure function: JSON in, JSON out.
    """

def call_frame(name: str, frames: dict, arguments_json: str, progress: Any | None = None) -> Table:
    """
    Runs a function over frames on a thread of its own, so that it can be interrupted.
    """

def stream_of_rows(columns: SupportsGetItem[int, tuple[str, str, Any]]) -> CapsuleType:
    """
    Exports rows of objects as an Arrow stream: `(name, kind, values)` with `None` for null.
    """

def version() -> str:
    """
    Answers the version of the core.
    """
