"""What stands beside each backup: of when it is, of which code, how much, and its check sum.

A backup is whole once its manifest is there: that is written last. It names nobody.
"""

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec

SUFFIX = ".json"
PREFIX = "finder-"


class ManifestUnfit(Exception):
    """The file is no whole backup, or not one that this code can put back; the text says why."""


class Manifest(msgspec.Struct, frozen=True):
    """One backup. `database_size` is what it takes unpacked, `counts` its rows by table."""

    taken_at: datetime
    engine: str
    file: str
    size: int
    database_size: int
    sha256: str
    migrations: list[str]
    counts: dict[str, int]


def manifest_path(backup: Path) -> Path:
    """Return where the manifest of a backup is."""
    return backup.with_name(backup.name + SUFFIX)


def read_manifest(backup: Path) -> Manifest:
    """Return what is said of a backup. Raises ManifestUnfit."""
    try:
        return msgspec.json.decode(manifest_path(backup).read_bytes(), type=Manifest)
    except FileNotFoundError:
        what = f"{manifest_path(backup)} is missing: without it nobody knows whether this is whole"
        raise ManifestUnfit(what) from None
    except (OSError, msgspec.MsgspecError) as fault:
        what = f"{manifest_path(backup)} cannot be read ({type(fault).__name__})"
        raise ManifestUnfit(what) from None


def whole_backups(folder: Path) -> list[Manifest]:
    """Return the whole backups in a folder, the newest first."""
    found = []
    for path in folder.glob(f"{PREFIX}*{SUFFIX}"):
        backup = path.with_name(path.name.removesuffix(SUFFIX))
        try:
            found.append(read_manifest(backup))
        except ManifestUnfit:
            continue
    there = [one for one in found if (folder / one.file).exists()]
    return sorted(there, key=lambda one: (one.taken_at, one.file), reverse=True)


def check_sum(path: Path) -> str:
    """Return the SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
