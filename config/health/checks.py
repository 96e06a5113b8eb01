"""What `manage.py doctor` looks at: one small function each. `now` is aware, UTC."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks as django_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from booking.alerts import auditor
from booking.changes import rotation
from booking.models import AuditEntry, Feed
from config.environment import refuse_unsafe_production
from config.health import heartbeats, ready, writing
from config.health.findings import Finding, fail, ok, warn
from notifications import provider
from sites import places as network

Check = Callable[[datetime], Finding]

CLOCK_WARN, CLOCK_FAIL = timedelta(seconds=2), timedelta(seconds=30)
DISK_WARN, DISK_FAIL = 15, 5
"""Per cent that are free."""
BACKUP_WARN, BACKUP_FAIL = timedelta(hours=26), timedelta(hours=50)
"""A backup a day, an hour or two late; one missed, and the next as well."""


def mode(_now: datetime) -> Finding:
    """The settings are those of a service that faces patients."""
    if not settings.PRODUCTION:
        return warn("MODE is demo: nothing here may face patients", "Set MODE=production")
    try:
        refuse_unsafe_production(_Settings())
    except ImproperlyConfigured as fault:
        return fail(str(fault), "Set what is named, and start again")
    return ok("production, and nothing of the demo is left")


def system_checks(_now: datetime) -> Finding:
    """Django's own checks and ours: wordings, questions, cookies, headers."""
    found = django_checks.run_checks(include_deployment_checks=settings.PRODUCTION)
    bad = [one for one in found if not one.is_silenced() and one.level >= django_checks.WARNING]
    if bad:
        said = f"{len(bad)} checks complain: {' '.join(str(bad[0].msg).split())[:120]}"
        return fail(said, "See manage.py check --deploy")
    return ok("every system check passes")


def database(_now: datetime) -> Finding:
    """The database answers."""
    if why := ready.database():
        return fail(f"the database is {why}", "Start it, or set DATABASE_URL right")
    return ok(f"{connection.vendor} answers")


def writes(_now: datetime) -> Finding:
    """The database keeps what it is told."""
    if why := writing.why_not():
        return fail(f"nothing can be written: {why}", "Make room on the database's disk")
    return ok("the database takes what is written")


def migrations(_now: datetime) -> Finding:
    """The tables are those of this code."""
    if why := ready.migrations():
        return fail(f"migrations: {why}", "Run manage.py prepare")
    return ok("every migration is done")


def places(_now: datetime) -> Finding:
    """There are places to look for, and they can be read."""
    if count := len(network.open_places()):
        return ok(f"{count} places can be read")
    return warn("there is no place yet", "Run manage.py import_sites: see docs/places-file.md")


def broker(_now: datetime) -> Finding:
    """The broker takes wake-ups."""
    if why := ready.broker():
        return fail(f"the broker is {why}", "Start it, or set CELERY_BROKER_URL right")
    return ok("the broker answers")


def beat(now: datetime) -> Finding:
    """Beat sends its ticks."""
    if why := heartbeats.why_late(heartbeats.BEAT, now):
        return fail(f"beat {why}", "Start one celery beat, and only one; read its log")
    return ok("beat ticks")


def worker(now: datetime) -> Finding:
    """A worker does what beat asks."""
    if why := heartbeats.why_late(heartbeats.WORKER, now):
        return fail(f"no worker answers beat: the worker {why}", "Start a worker; read its log")
    return ok("a worker works")


def alerts(now: datetime) -> Finding:
    """The alarm of suspected cancer works."""
    if complaints := auditor.look(now).complaints:
        return fail("; ".join(complaints), "Start beat and a worker; see manage.py check_alerts")
    return ok("the clock of the alerts ticks, and no step is late")


def gateway(now: datetime) -> Finding:
    """Texts go out."""
    if why := provider.why_stopped(provider.current(), now):
        return fail(f"no text goes: {why}", "Put that setting right; texts then go by themselves")
    if settings.SMS_GATEWAY != "twilio":
        return warn(f"SMS_GATEWAY is {settings.SMS_GATEWAY}: nobody is texted", "Set it to twilio")
    return ok("texts go")


def feeds(now: datetime) -> Finding:
    """Trusts' times are fresh."""
    begun = list(Feed.objects.exclude(last_contact_at=None).order_by("trust"))
    unknown = [feed.trust_id for feed in begun if feed.is_unknown(now)]
    late = [feed.trust_id for feed in begun if feed.is_late(now)]
    do = "See /staff/feeds/, and phone that trust"
    if unknown:
        return fail(f"too old to be shown: the times of {', '.join(unknown)}", do)
    if late:
        return warn(f"late: the times of {', '.join(late)}", do)
    if not begun:
        return warn("no trust has sent its times yet", "See docs/trusts.md")
    return ok(f"{len(begun)} feeds are fresh")


def clock(now: datetime) -> Finding:
    """This machine and the database have the same time."""
    if connection.vendor != "postgresql":
        return ok("the database has this machine's clock")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart: timedelta = abs(cursor.fetchone()[0] - now)
    says, do = f"the database's clock is {apart.total_seconds():.1f} s from ours", "Run NTP on both"
    if apart > CLOCK_FAIL:
        return fail(says, do)
    return warn(says, do) if apart > CLOCK_WARN else ok(says)


def disk(_now: datetime) -> Finding:
    """There is room where files are kept."""
    usage = shutil.disk_usage(settings.VAR_DIR)
    free = 100 * usage.free // usage.total
    says, do = f"{free}% of the disk of VAR_DIR is free", "Delete what is not ours, or give it more"
    if free < DISK_FAIL:
        return fail(says, do)
    return warn(says, do) if free < DISK_WARN else ok(says)


def backup(now: datetime) -> Finding:
    """There is a backup of today."""
    taken = newest_backup(Path(settings.BACKUP_DIR))
    do = "Run manage.py backup every day, and try manage.py restore"
    if taken is None:
        said = f"no backup yet in {settings.BACKUP_DIR}"
        return fail(said, do) if settings.PRODUCTION else warn(said, do)
    age = now - taken
    says = f"the newest backup is {age.total_seconds() / 3600:.0f} hours old"
    if age > BACKUP_FAIL:
        return fail(says, do)
    return warn(says, do) if age > BACKUP_WARN else ok(says)


def audit_owner(_now: datetime) -> Finding:
    """The service cannot change its own audit."""
    if connection.vendor != "postgresql":
        return warn("SQLite knows no owners: whoever has the file has the audit", "Use PostgreSQL")
    table = AuditEntry._meta.db_table  # noqa: SLF001 - Django's own
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(c.relowner), pg_has_role(current_user, c.relowner, 'MEMBER'),"
            " has_table_privilege(c.oid, 'TRUNCATE') FROM pg_class c WHERE c.oid = %s::regclass",
            [table],
        )
        owner, is_ours, may_empty = cursor.fetchone()
    if is_ours or may_empty:
        says = f"the service's own database user may change the audit (its owner is {owner})"
        return warn(says, "Give the table another owner, and the service only SELECT and INSERT")
    return ok(f"the audit belongs to {owner}, and the service may only add to it")


def newest_backup(folder: Path) -> datetime | None:
    """Return when the newest whole backup in a folder was taken, by the manifest beside it."""
    taken = [_taken_at(path) for path in folder.glob("finder-*.json")]
    return max((at for at in taken if at), default=None)


def _taken_at(manifest: Path) -> datetime | None:
    try:
        said = json.loads(manifest.read_bytes())
        at = datetime.fromisoformat(said["taken_at"])
        is_there = (manifest.parent / said["file"]).exists()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return at if is_there and at.tzinfo else None


def sealed(_now: datetime) -> Finding:
    """Each sealed column opens by a key of FIELD_KEYS, and none that should be sealed is clear."""
    if lost := rotation.unread():
        said = f"no key of FIELD_KEYS opens {', '.join(lost)[:200]}"
        return fail(said, "Put back the key that it was written with")
    if not settings.SEAL_FIELDS:
        said = "numbers and e-mails are written in clear"
        return warn(said, "Once no older release runs: SEAL_FIELDS=1, then manage.py rotate_keys")
    if clear := rotation.clear_values():
        said = f"{sum(clear.values())} values stand in clear, as in {next(iter(clear))}"
        return warn(said, "Seal them: manage.py rotate_keys")
    return ok("numbers and e-mails are sealed, and a key opens them")


class _Settings(dict[str, Any]):
    """The settings as they are now, by name."""

    def __missing__(self, name: str) -> Any:
        return getattr(settings, name)


ALL: dict[str, Check] = {
    "settings": mode,
    "checks": system_checks,
    "database": database,
    "writes": writes,
    "migrations": migrations,
    "places": places,
    "broker": broker,
    "beat": beat,
    "worker": worker,
    "alerts": alerts,
    "texts": gateway,
    "feeds": feeds,
    "clock": clock,
    "disk": disk,
    "backup": backup,
    "audit": audit_owner,
    "sealed": sealed,
}
