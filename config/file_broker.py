"""Kombu's broker of plain files, with files that nobody sees before they are whole.

Kombu writes a message where others look for it: a worker that came between saw an empty one, and
ended; a process killed between left a table of queues that no one could publish by ever after.
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

logger = logging.getLogger(__name__)

UNFINISHED = ".unfinished"
"""How the name of a file ends until it is whole. No queue's name does."""


class Channel(filesystem.Channel):
    """Writes whole files, and goes on after one that is not."""

    def get_table(self, exchange: str) -> list[Any]:
        """Return the queues of an exchange: none of one whose file was cut off."""
        try:
            table: list[Any] = super().get_table(exchange)
        except ValueError:
            return []
        return table

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        # Their names sort in the order in which they were written: the reader takes the first.
        name = f"{round(monotonic() * 1000):015}_{uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str) -> Any:  # type: ignore[override]
        while True:
            try:
                return super()._get(queue)
            except ValueError:  # it was moved away, so the next look finds another, or Empty
                logger.warning("a message in the broker's files was cut off; it only wakes us")

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        self.control_folder.mkdir(exist_ok=True)
        bound = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with _alone_in(self.control_folder):
            table = self.get_table(exchange)
            if bound not in table:
                _write_whole(self._exchange_file(exchange), dumps([bound, *table]))


class Transport(filesystem.Transport):
    """Kombu's, with this channel."""

    Channel = Channel


def use() -> None:
    """Let addresses that begin with filesystem:// mean this."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


def _write_whole(path: Path, words: str) -> None:
    """Write a file that is not there until it is whole. Raises OSError, and leaves nothing."""
    unfinished = path.with_name(f"{uuid4()}{UNFINISHED}")
    try:
        unfinished.write_text(words)
        unfinished.rename(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
