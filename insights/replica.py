"""Where figures are read: from a copy of the database, if there is one (DATABASE_REPLICA_URL).

They are counted each hour, so a copy that is some seconds behind shows the same. Whatever is
decided or written by asks the database itself. A copy that does not answer is left alone for a
while: nobody's page waits for it, or fails with it.
"""

import logging
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections
from django.db.models import QuerySet

Found = TypeVar("Found")
COPY, ITSELF = "replica", "default"
LEFT_ALONE = 30.0
"""Seconds after a failure in which nobody asks it again."""
logger = logging.getLogger(__name__)
_until = SimpleNamespace(moment=0.0)
"""When it may be asked again, by whatever thread of this process."""


def read(ask: Callable[[str], Found]) -> Found:
    """Return what `ask` answers when told which database to read; it must only read."""
    if COPY in connections.settings and time.monotonic() >= _until.moment:
        try:
            return ask(COPY)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The replica does not answer (%s)", type(error).__name__)
            connections[COPY].close()
            _until.moment = time.monotonic() + LEFT_ALONE
    return ask(ITSELF)


def rows(asked: QuerySet[Any, Any]) -> list[Any]:
    """Return the rows of a query of figures."""
    return read(lambda database: list(asked.using(database)))
