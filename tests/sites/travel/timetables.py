"""Small timetables for tests: lines as a network's file has them."""

from pathlib import Path

from sites.timetable_table import load

HEAD = "origin,place,band,minutes,changes,walk,last_home"


def write(folder: Path, *lines: str, head: str = HEAD) -> Path:
    """Write a file of a timetable."""
    file = folder / "timetable.csv"
    file.write_text("\n".join([head, *lines, ""]), encoding="utf-8")
    return file


def put(folder: Path, *lines: str) -> None:
    """Let these lines be the timetable."""
    load(write(folder, *lines), say=print)
