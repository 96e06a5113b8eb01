"""A backup put back: only a whole one, of code that is here, over nothing that anybody needs.

The database that is put back is marked in the same transaction, so that the send-fence goes up
before anything is sent (notifications.history). Whoever was signed in signs in again.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from booking.models import Appointment
from booking.restoring.backup import half_file, must_have_room
from booking.restoring.engines import APPOINTMENTS, LOOKS, Engine, Mark, engine
from booking.restoring.manifest import Manifest, ManifestUnfit, check_sum, read_manifest
from notifications import history

WHY = "A backup of {at:%d %B %Y %H:%M} (UTC) was put back."


class HasBookings(Exception):
    """The database has bookings: they would be lost."""


class InUse(Exception):
    """Others are connected to the database: web, worker and beat stop first."""


@dataclass(frozen=True)
class PutBack:
    """What was put back; `must_migrate` if it is of an older code; whether its fence is up."""

    manifest: Manifest
    must_migrate: bool
    is_fenced: bool


def restore(backup: Path, *, now: datetime, replace: bool = False) -> PutBack:
    """Put a backup in the place of the database; without `replace`, only of one without bookings.

    Raises ManifestUnfit, HasBookings, InUse, DiskShort, EngineFault; then nothing was changed.
    """
    database, manifest = engine(), read_manifest(backup)
    missing = check(backup, manifest, database)
    if not replace and has_bookings():
        raise HasBookings
    if others := database.users():
        raise InUse(others)
    must_have_room(backup.parent, manifest.database_size)
    mark = Mark(now, manifest.taken_at, WHY.format(at=manifest.taken_at))
    with half_file(backup.parent, backup.name) as scratch:
        database.load(backup, mark, scratch)
    if not missing:
        history.look(now)
    return PutBack(manifest, bool(missing), _has(LOOKS))


def check(backup: Path, manifest: Manifest, database: Engine) -> list[str]:
    """Return which migrations of this code the backup lacks. Raises ManifestUnfit."""
    if manifest.engine != database.name:
        what = f"it is of {manifest.engine}, and DATABASE_URL names {database.name}"
        raise ManifestUnfit(what)
    try:
        sum_now = check_sum(backup)
    except OSError as fault:
        raise ManifestUnfit(f"{backup} cannot be read ({fault.strerror})") from None
    if sum_now != manifest.sha256:
        raise ManifestUnfit("its check sum is another: it was changed, or is not whole")
    disk = MigrationLoader(None).disk_migrations
    known, apps = {f"{app}.{name}" for app, name in disk}, {app for app, _ in disk}
    # What an app of before migrated, which is gone since, is no sign of a newer version.
    ours = {one for one in manifest.migrations if one.partition(".")[0] in apps}
    if newer := sorted(ours - known):
        what = f"it is of a newer version, which knows {newer[-1]}: put that version back first"
        raise ManifestUnfit(what)
    return sorted(known - set(manifest.migrations))


def has_bookings() -> bool:
    """Return whether the database has appointments; one without tables has none."""
    return _has(APPOINTMENTS) and Appointment.objects.exists()


def _has(table: str) -> bool:
    with connection.cursor() as cursor:
        return table in connection.introspection.table_names(cursor)
