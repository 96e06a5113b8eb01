"""What the answers ask of a scanner, and whether any scanner is known to have it."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from booking.exams.questions import asking
from booking.exams.questions.question import WEIGHT, Choice, Outcome
from booking.models import Answer, Referral
from sites.abilities import WIDE_CM
from sites.models import Scanner

NOWHERE = "No scanner of this kind is known to do that."
WE_PHONE = "We do not know a place yet that can do this. A person will look for one, and phone you."


def needed_by_answers(referral: Referral, *, now: datetime) -> dict[str, Any]:
    """Return what the answers ask of a scanner, by the fields of booking.exams.needed.Needed.

    Of a weight the kilograms. What staff have overridden asks nothing.
    """
    asked = asking.asking_of(referral, now=now)
    needed: dict[str, Any] = {}
    for question in asked.questions:
        answer = asked.answers.get(question.id)
        choice = question.choice(answer.value) if answer else None
        if answer and choice and choice.need and not answer.override:
            needed[choice.need] = int(answer.value) if choice.need == WEIGHT else True
    return needed


def is_met_anywhere(choice: Choice, answer: Answer, referral: Referral) -> bool:
    """Whether a scanner of the exam's modality says that it can do what an answer asks for.

    What nobody said of a scanner is no yes.
    """
    if choice.outcome != Outcome.FILTER:
        return True
    wanted = {
        WEIGHT: Q(table_kg__gte=int(answer.value) if choice.need == WEIGHT else 0),
        "wide": Q(wide=True) | Q(wide=None, bore_cm__gte=WIDE_CM),
    }.get(choice.need)
    if wanted is None:
        wanted = Q(**{choice.need: True})
    return Scanner.objects.filter(wanted, modality=referral.exam.modality).exists()
