"""The files of exams and of questions, checked, looked at and put in the place of what stands.

What is looked at says what it would do and does nothing. Who publishes says what they saw standing:
if somebody else published meanwhile, nothing is done. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import Q

from booking.changes import audit
from booking.exams import catalogue, exams_file
from booking.exams.catalogue import Change
from booking.exams.exams_file import ExamRow
from booking.exams.questions import file
from booking.exams.questions.file import QuestionFileInvalid
from booking.exams.questions.question import QuestionSet
from booking.identifiers.actors import Actor
from booking.models import Answer, Appointment, AuditAction, Exam, QuestionFile, Referral
from booking.models.appointment import LIVE


class FileOvertaken(Exception):
    """Somebody else published meanwhile: what was looked at is no longer what would happen."""


@dataclass(frozen=True)
class ExamsSeen:
    """What a file of exams would do. `seen` tells what stands now; `rare` has no time to come.

    `referrals` that are open have an exam that changes or goes, `booked` of them a time to come.
    """

    changes: list[Change]
    rare: list[ExamRow]
    referrals: int
    booked: int
    seen: str


@dataclass(frozen=True)
class QuestionsSeen:
    """What a file of questions would do: which are new, asked in other words, asked no more.

    `referrals` that are open have an answer that would count no more.
    """

    version: int
    added: list[str]
    changed: list[str]
    gone: list[str]
    referrals: int
    seen: str


def exams_standing() -> str:
    """Return what tells the exams that are taken now from those before and after."""
    return _digest(exams_file.write(catalogue.current()))


def look_at_exams(content: bytes, *, now: datetime) -> ExamsSeen:
    """Return what a file of exams would do. Raises FileRefused; FileFaulty names every fault."""
    rows, seen = exams_file.read(content), exams_standing()
    changes = catalogue.load(rows, is_own=True, dry_run=True)
    codes = [one.code for one in changes if one.became in ("changed", "retired")]
    touched = Referral.objects.filter(exam__code__in=codes, ended_at=None)
    coming = Appointment.objects.filter(referral__in=touched, status__in=LIVE, start__gt=now)
    return ExamsSeen(
        changes=[one for one in changes if one.became != "unchanged"],
        rare=catalogue.without_times(rows, now=now),
        referrals=touched.count(),
        booked=coming.values("referral").distinct().count(),
        seen=seen,
    )


def publish_exams(content: bytes, *, seen: str, now: datetime, actor: Actor) -> None:
    """Put a file's exams in the place of those that were `seen`. Raises FileRefused, FileOvertaken.

    Publishing the same once more changes nothing.
    """
    rows = exams_file.read(content)
    with transaction.atomic():
        list(Exam.objects.select_for_update().order_by("pk"))
        was = exams_standing()
        changes = catalogue.load(rows, is_own=True)
        if was != seen and any(one.became != "unchanged" for one in changes):
            raise FileOvertaken
        if was != seen:
            return  # this very file, pressed twice
        write_down_exams(changes, now=now, actor=actor)


def write_down_exams(changes: Collection[Change], *, now: datetime, actor: Actor) -> None:
    """Write into the audit what became of the exams; nothing if all stayed as they were."""
    became = [one.became for one in changes if one.became != "unchanged"]
    if became:
        audit.write(
            AuditAction.EXAMS_PUBLISHED, now=now, actor=actor, digest=exams_standing(),
            created=became.count("created"), changed=became.count("changed"),
            retired=became.count("retired"),
        )  # fmt: skip


def questions_standing() -> str:
    """Return what tells the file of questions that is asked now from those before and after."""
    return _digest(file.text_of_current())


def look_at_questions(content: bytes) -> QuestionsSeen:
    """Return what a file of questions would do. Raises QuestionFileInvalid."""
    new, seen = _read(content), questions_standing()
    was, becomes = file.parse(file.text_of_current()).by_id, new.by_id
    changed = [key for key, one in becomes.items() if key in was and one.digest != was[key].digest]
    gone = [key for key in was if key not in becomes]
    return QuestionsSeen(
        version=new.version,
        added=[becomes[key].words for key in becomes if key not in was],
        changed=[becomes[key].words for key in changed],
        gone=[was[key].words for key in gone],
        referrals=_answered([*changed, *gone]),
        seen=seen,
    )


def publish_questions(content: bytes, *, seen: str, now: datetime, actor: Actor) -> None:
    """Ask the questions of this file from now on: here at once, in other processes within KEPT.

    Answers to questions in other words, and to those asked no more, count no more. Raises
    QuestionFileInvalid, FileOvertaken.
    """
    text = file.text_of(content)
    if text == file.text_of_current():
        return  # this very file, pressed twice
    if questions_standing() != seen:
        raise FileOvertaken
    new = _read(content)
    try:
        with transaction.atomic():
            QuestionFile.objects.create(version=new.version, text=text, at=now, actor=actor)
            audit.write(
                AuditAction.QUESTIONS_PUBLISHED, now=now, actor=actor, version=new.version,
                digest=_digest(text),
            )  # fmt: skip
            transaction.on_commit(file.forget)
    except IntegrityError:  # somebody published this version in the same moment
        raise FileOvertaken from None


def _read(content: bytes) -> QuestionSet:
    new, stands = file.parse(file.text_of(content)), file.parse(file.text_of_current())
    if new.version <= stands.version:
        words = f"version is {new.version}: version {stands.version} is asked now, type a higher"
        raise QuestionFileInvalid([words])
    return new


def _answered(questions: Collection[str]) -> int:
    """Return how many open requests have an answer to one of these."""
    counting = Q(question__in=questions, is_current=True, referral__ended_at=None)
    return Answer.objects.filter(counting).values("referral").distinct().count()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
