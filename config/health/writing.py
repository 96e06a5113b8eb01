"""Whether the database can still keep what it is told: a full disk lets all reading go on.

Each database is asked for new room, and something is committed; nothing of it is left.
"""

import shutil
import time
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from config.health import heartbeats

NAME = "writing"
ROOM = 64 * 1024
"""Bytes of new room that must be had."""
FREE = 16 * 1024 * 1024
"""Bytes that must be free on the disk of a database in a file: its log grows by so much."""
KEPT = 2.0
"""Seconds that an answer is given again: whoever asks often makes us write no more for it."""
PATIENCE = "2s"

_last: tuple[float, str] = (float("-inf"), "")


def why_not() -> str:
    """Return why nothing can be written, empty if it can."""
    global _last  # noqa: PLW0603 - one for the process
    if time.monotonic() - _last[0] > KEPT:
        _last = (time.monotonic(), _look())
    return _last[1]


def forget() -> None:
    """Look anew next time."""
    global _last  # noqa: PLW0603
    _last = (float("-inf"), "")


def _look() -> str:
    try:
        with transaction.atomic():
            heartbeats.write(NAME, timezone.now())
            if connection.vendor == "sqlite":
                _take_room_in_the_file()
            else:
                _take_room_on_the_server()
    except DatabaseError as fault:
        return " ".join(str(fault).split())[:120]
    return ""


def _take_room_in_the_file() -> None:
    name = Path(str(connection.settings_dict["NAME"]))
    if name.exists() and shutil.disk_usage(name.parent).free < FREE:
        raise DatabaseError("the disk is full")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO booking_heartbeat (name, at) VALUES (%s, %s)", ["x" * ROOM, timezone.now()]
        )
        cursor.execute("DELETE FROM booking_heartbeat WHERE name = %s", ["x" * ROOM])


def _take_room_on_the_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
        cursor.execute("CREATE TEMPORARY TABLE room (kept text) ON COMMIT DROP")
        cursor.execute(
            "INSERT INTO room SELECT md5(n::text) FROM generate_series(1, %s) n", [ROOM // 32]
        )
