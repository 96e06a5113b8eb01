"""The exams of a file into the database, whole or not at all, and back out of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from booking.exams import fit
from booking.exams.exams_file import ExamRow
from booking.models import Exam, Slot


@dataclass(frozen=True)
class Change:
    """What became of an exam: created, changed, unchanged or retired; `details` says how."""

    code: str
    became: str
    details: str = ""
    line: int = 0


class _DryRun(Exception):
    """Undoes everything."""


def load(rows: list[ExamRow], *, is_own: bool, dry_run: bool = False) -> list[Change]:
    """Put a file's exams in place of those that were there; return what became of each.

    An exam that the file has no more is kept for the requests that have it, and taken for no new
    one. `is_own` says that the file is the network's own. A dry run does the same and keeps
    nothing.
    """
    changes: list[Change] = []
    try:
        with transaction.atomic():
            stored = {exam.code: exam for exam in Exam.objects.select_for_update()}
            for row in rows:
                changes.append(_put(stored.pop(row.fields["code"], None), row, is_own))
            changes += [_retire(exam) for exam in stored.values() if not exam.retired]
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return changes


def current() -> list[Exam]:
    """Return the exams of the file that was loaded last, in the order of their codes."""
    return list(Exam.objects.filter(retired=False).order_by("code"))


def has_own() -> bool:
    """Whether the network loaded a file of its own."""
    return Exam.objects.filter(is_own=True, retired=False).exists()


def without_times(rows: Iterable[ExamRow], *, now: datetime) -> list[ExamRow]:
    """Return the exams for which no time to come would do, of modalities that have times at all.

    So does one whose minutes are more than any slot has.
    """
    coming = Slot.objects.filter(start__gt=now).exclude(status=Slot.Status.WITHDRAWN)
    modalities = {row.fields["modality"] for row in rows}
    with_times = {one for one in modalities if coming.filter(modality=one).exists()}
    return [
        row
        for row in rows
        if row.fields["modality"] in with_times
        and not fit.fitting(coming, Exam(**row.fields)).exists()
    ]


def _put(stored: Exam | None, row: ExamRow, is_own: bool) -> Change:
    code, fields = row.fields["code"], {**row.fields, "retired": False, "is_own": is_own}
    if stored is None:
        Exam.objects.create(**fields)
        return Change(code, "created", line=row.line)
    differs = {name for name, value in fields.items() if getattr(stored, name) != value}
    if not differs:
        return Change(code, "unchanged", line=row.line)
    said = [
        f"{name}: {_say(getattr(stored, name))} → {_say(fields[name])}"
        for name in fields
        if name in differs and name != "is_own"
    ]
    for name in differs:
        setattr(stored, name, fields[name])
    stored.save(update_fields=sorted(differs))
    return Change(code, "changed" if said else "unchanged", "; ".join(said), row.line)


def _retire(exam: Exam) -> Change:
    exam.retired = True
    exam.save(update_fields=["retired"])
    requests = exam.referral_set.filter(ended_at=None).count()
    kept = "1 open request keeps it" if requests == 1 else f"{requests} open requests keep it"
    return Change(exam.code, "retired", f"not in the file any more; {kept}, no new one gets it")


def _say(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("\n", "|") or "none"
