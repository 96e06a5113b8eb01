"""Where figures are read: from a copy of the database, if there is one (DATABASE_REPLICA_URL).

They are counted each hour, so a copy that is some seconds behind shows the same. Whatever is
decided or written by asks the database itself. A copy that does not answer is left alone for a
while: nobody's page waits for it, or fails with it.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

Found = TypeVar("Found")
COPY, ITSELF = "replica", "default"
LEFT_ALONE = 30.0
"""Seconds after a failure in which nobody asks it again."""
logger = logging.getLogger(__name__)
_until = threading.local()


def read(ask: Callable[[str], Found]) -> Found:
    """Return what `ask` answers when told which database to read; it must only read."""
    if COPY in connections.settings and time.monotonic() >= getattr(_until, "moment", 0.0):
        try:
            return ask(COPY)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The replica does not answer (%s)", type(error).__name__)
            connections[COPY].close()
            _until.moment = time.monotonic() + LEFT_ALONE
    return ask(ITSELF)
