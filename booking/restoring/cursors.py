"""Cursors of before a restore: whoever read further than the backup knows is told to read again."""

from datetime import datetime

from booking.changes import commit_numbers
from booking.models import Restore


class ReadAgain(Exception):
    """The cursor is of a change that a restore took away: `read_on` is where to read on from."""

    def __init__(self, read_on: datetime, restored_at: datetime) -> None:
        """Take the moment of the last change that is still known, and when the restore was."""
        super().__init__(read_on)
        self.read_on = read_on
        self.restored_at = restored_at


def check_cursor(trust: str, number: int) -> None:
    """Raise ReadAgain if a trust's cursor was given between a backup and its restore."""
    for restore in Restore.objects.order_by("pk"):
        last = restore.numbers.get(trust, 0)
        if last < number <= commit_numbers.number_of(restore.restored_at):
            raise ReadAgain(commit_numbers.moment_of(last), restore.restored_at)
