"""A backup: a copy of one moment, checked, with its manifest; whole, or not there.

The service may run meanwhile. The copy is written under another name, and gets its own once it is
whole and on the disk; its manifest comes last. Only who runs the service can read it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
from django.utils import timezone

from booking.models import Backup
from booking.restoring.engines import engine
from booking.restoring.manifest import (
    PREFIX,
    Manifest,
    check_sum,
    manifest_path,
    whole_backups,
)

HALF = ".half"
LEFT_BEHIND = timedelta(days=1)
"""How old what a killed backup left is, when the next one clears it away."""
SPARE = 64 * 1024 * 1024
"""Bytes that stay free beside a backup: a full disk stops the service, too."""
ONLY_OURS = 0o600


class DiskShort(Exception):
    """There is too little room; the text says how much is needed and where."""


def take(folder: Path, *, now: datetime, keep: int = 0) -> Manifest:
    """Make a backup in a folder; return what it is. With `keep`, only so many stay, the newest.

    Raises DiskShort, EngineFault, OSError; then no new backup is there.
    """
    database = engine()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _clear(folder)
    size = database.size()
    must_have_room(folder, size)
    name = f"{PREFIX}{now:%Y%m%dT%H%M%S%fZ}{database.suffix}"
    with half_file(folder, name) as half:
        contents = database.dump(half)
        made = Manifest(
            taken_at=now,
            engine=database.name,
            file=name,
            size=half.stat().st_size,
            database_size=size,
            sha256=check_sum(half),
            migrations=contents.migrations,
            counts=contents.counts,
        )
        _to_disk(half)
        half.replace(folder / name)
    with half_file(folder, manifest_path(folder / name).name) as half:
        half.write_bytes(msgspec.json.format(msgspec.json.encode(made)))
        _to_disk(half)
        half.replace(manifest_path(folder / name))
    _to_disk(folder)
    Backup.objects.create(taken_at=now, file=name, size=made.size, sha256=made.sha256)
    if keep:
        prune(folder, keep)
    return made


def prune(folder: Path, keep: int) -> list[str]:
    """Delete all whole backups but the newest so many; return the names of those that went."""
    old = whole_backups(folder)[keep:]
    for one in old:
        # The manifest first: what is left of a prune that was killed is no backup.
        manifest_path(folder / one.file).unlink(missing_ok=True)
        (folder / one.file).unlink(missing_ok=True)
    return [one.file for one in old]


def last_taken_at() -> datetime | None:
    """Return when the last whole backup of this database was made, wherever it is."""
    last = Backup.objects.order_by("-taken_at").first()
    return last.taken_at if last else None


def must_have_room(folder: Path, size: int) -> None:
    """Raise DiskShort if a folder's disk has no room for so many bytes and some to spare."""
    free = shutil.disk_usage(folder).free
    if free < size + SPARE:
        need, has = ((number + 2**20 - 1) // 2**20 for number in (size + SPARE, free))
        raise DiskShort(f"{folder} has {has:,} MB free, and {need:,} MB are needed")


@contextmanager
def half_file(folder: Path, name: str) -> Iterator[Path]:
    """Make an empty file that only its owner reads; what is left of it afterwards goes."""
    half = folder / f".{name}.{uuid4().hex[:8]}{HALF}"
    os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, ONLY_OURS))
    try:
        yield half
    finally:
        half.unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """Delete what a backup that was killed left behind."""
    old = (timezone.now() - LEFT_BEHIND).timestamp()
    for half in folder.glob(f".{PREFIX}*{HALF}*"):
        if half.stat().st_mtime < old:
            half.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
