"""What a backup asks of a database: SQLite's own copy while it runs, and PostgreSQL's own tools."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.db import connection

COUNTED = (
    "booking_patient",
    "booking_referral",
    "booking_appointment",
    "booking_slot",
    "booking_appointmentchange",
    "booking_auditentry",
    "booking_worklistrow",
    "notifications_message",
    "auth_user",
)
"""Tables whose rows are counted: after a restore there must be as many."""
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY 1"
APPOINTMENTS = "booking_appointment"
LOOKS = "notifications_lastlook"
SESSIONS = "django_session"


class EngineFault(Exception):
    """The database's own tool could not do it; the text says why, and names nobody."""


@dataclass(frozen=True)
class Contents:
    """What is in a copy: its migrations, and how many rows of the tables that are counted."""

    migrations: list[str]
    counts: dict[str, int]


@dataclass(frozen=True)
class Mark:
    """What a database that is put back says of itself: when that was, and of when it is."""

    restored_at: datetime
    as_of: datetime
    why: str


class Engine(Protocol):
    """One kind of database."""

    name: str
    suffix: str

    def size(self) -> int:
        """Return how many bytes the database takes."""

    def dump(self, target: Path) -> Contents:
        """Write a copy of one moment into an empty file. Raises EngineFault."""

    def load(self, source: Path, mark: Mark, scratch: Path) -> None:
        """Put a copy in the place of the database, all or nothing. Raises EngineFault."""

    def users(self) -> int:
        """Return how many others are connected, as far as the database knows."""


def engine() -> Engine:
    """Return what this service's database is."""
    from booking.restoring.postgres import Postgres
    from booking.restoring.sqlite import Sqlite

    found: Engine = Postgres() if connection.vendor == "postgresql" else Sqlite()
    return found


def count_statements(tables: Sequence[str]) -> dict[str, str]:
    """Return the statement that counts each of those of these tables that are counted."""
    return {name: f"SELECT count(*) FROM {name}" for name in COUNTED if name in tables}
