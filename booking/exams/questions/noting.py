"""What the staff at many scans must know of the answers, in few words.

Whether whoever reads it may see answers is the door's to ask (booking/clerk/permissions.py).
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from booking.exams.questions import asking, file
from booking.exams.questions.question import Outcome
from booking.models import Answer, Referral


@dataclass(frozen=True)
class SafetyNotes:
    """What follows from the answers of one referral: `words` for staff, the gravest first.

    `checks` says that one of them must be checked by a person before the scan; `unanswered` counts
    the questions without an answer that counts.
    """

    words: tuple[str, ...] = ()
    checks: bool = False
    unanswered: int = 0


def safety_notes(referrals: Collection[Referral], *, now: datetime) -> dict[int, SafetyNotes]:
    """Return the notes of each referral, by its key, with one query for all of them.

    What staff have overridden counts as they said. Exam and patient must be read already.
    """
    given = defaultdict(list)
    keys = {one.pk for one in referrals}
    for answer in Answer.objects.filter(referral__in=keys, is_current=True):
        given[answer.referral_id].append(answer)
    return {one.pk: _notes(one, given[one.pk], now) for one in referrals}


def _notes(referral: Referral, given: list[Answer], now: datetime) -> SafetyNotes:
    questions = file.current()
    counting = asking.that_count(questions, given, now=now)
    values = {key: answer.value for key, answer in counting.items()}
    asked = asking.applying(questions, asking.subject_of(referral, now=now), values)
    found: list[tuple[Outcome, str]] = []
    for question in asked:
        answer = counting.get(question.id)
        choice = question.choice(answer.value) if answer else None
        if answer is None or choice is None:
            continue
        outcome = Outcome(answer.override) if answer.override else choice.outcome
        if outcome != Outcome.OK:
            words = choice.staff or f"{question.words} {question.say(answer.value)}"
            found.append((outcome, words))
    found.sort(key=lambda each: -each[0].rank)
    return SafetyNotes(
        tuple(words for _, words in found),
        any(outcome in (Outcome.HOLD, Outcome.STOP) for outcome, _ in found),
        sum(question.id not in counting for question in asked),
    )
