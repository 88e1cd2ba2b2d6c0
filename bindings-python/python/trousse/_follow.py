"""Followers: the questions of an engine over a journal that another process writes."""

from __future__ import annotations

import os

from . import _core
from ._generated import Engine


class Follower(Engine):
    """An engine that only reads what another process writes: all questions work, doors raise ``READ_ONLY``.

    Made by ``trousse.follow``. It takes no lock and changes nothing; ``poll`` brings it up to date.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = os.fspath(folder)
        self._closed = False
        self._native = _core.Engine.follow(self._folder)

    def __enter__(self) -> Follower:
        return self

    def poll(self) -> int:
        """Takes in what was written since; cheap where that is nothing.

        Returns
        -------
        int
            How many events came.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, IO, JOURNAL_CORRUPT, JOURNAL_VERSION.
        """
        return self._native.poll()

    def _refresh(self) -> None:
        self.poll()


def follow(folder: str | os.PathLike[str]) -> Follower:
    """Follows the journal in a folder that another process writes.

    Parameters
    ----------
    folder : path
        The folder of the journal.

    Returns
    -------
    Follower
        An engine for questions.

    Raises
    ------
    Error
        With code IO if there is no journal, JOURNAL_CORRUPT, JOURNAL_VERSION.
    """
    return Follower(folder)
