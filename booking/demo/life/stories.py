"""Whom to look up for which story, by role; each line is asked of the database, as it is now."""

from collections.abc import Iterator

from django.db.models import QuerySet

from booking.demo.life.referrals import OF_THEM
from booking.identifiers.codes import format_code
from booking.models import Appointment, Call, Offer, Referral, WorklistRow
from booking.worklists.rows import Kind, Step

Line = tuple[str, str, str]
"""Who to be, the page, what is there."""


def lines() -> Iterator[Line]:
    """Yield a line for each story that somebody can still be found for."""
    yield from _of("clerk", _rows(Kind.NOT_BOOKED, tries=2), "called twice, nobody answered")
    agreed = _rows(Kind.NOT_BOOKED, call_at__isnull=False, attempts__what="call_back")
    yield from _of("clerk", agreed, "asked to be called back")
    yield from _of("clerk", _rows(Kind.NOT_BOOKED, step=Step.LETTER), "a letter is to be sent")
    yield from _of("clerk", _rows(Kind.DISPLACED), "the hospital took the time away")
    yield from _of("clerk", _rows(Kind.NOT_REBOOKED), "cancelled or missed, not rebooked")
    yield from _of("clerk", _rows(Kind.NOT_REACHED), "a text did not arrive, or no mobile")
    answers = _rows(Kind.NEEDS_PERSON, about__startswith="answers:")
    yield from _of("clerk", answers, "an answer must be talked about")
    asked = Offer.objects.filter(state=Offer.State.OPEN, referral__in=_ours())
    yield from _of("clerk", _ours().filter(pk__in=asked.values("referral")), "asked about a time")
    calling = Call.objects.filter(ended_at=None).values("patient")
    yield from _of("clerk", _ours().filter(patient__in=calling), "a colleague speaks with them")
    foreign = _ours().filter(patient__needs__icontains="interpreter", ended_at=None)
    yield from _of("clerk", foreign, "needs an interpreter; the note says for which language")
    joined = _ours().filter(patient__merged_from__isnull=False)
    yield from _of("lead", joined, "two records that were joined")
    stuck = _rows("", step=Step.LEAD)
    yield from _of("lead", stuck, "suspected cancer, not reached: a lead decides")
    yield from _of("lead", _rows(Kind.BEYOND_TARGET), "booked after the target day")
    yield from _of("lead", _ours().exclude(ended_at=None), "the request has ended")
    came = Appointment.objects.filter(referral__in=_ours(), status="did_not_attend")
    yield from _of("imaging", _ours().filter(pk__in=came.values("referral")), "did not come")


def days(base: str) -> Iterator[str]:
    """Yield where today's list and the work lists are, if there is anybody on them."""
    if Appointment.objects.filter(referral__in=_ours()).exists():
        yield f"imaging  {base}/staff/day/   who comes today, and two days not all marked"
    waiting = WorklistRow.objects.filter(closed_at=None, referral__in=_ours()).count()
    if waiting:
        yield f"clerk    {base}/staff/lists/   rows in every state: {waiting}"


def _ours() -> QuerySet[Referral]:
    return Referral.objects.filter(**OF_THEM)


def _rows(kind: str, **like: object) -> QuerySet[Referral]:
    rows = WorklistRow.objects.filter(closed_at=None, **like)
    rows = rows.filter(kind=kind) if kind else rows
    return _ours().filter(pk__in=rows.values("referral"))


def _of(role: str, found: QuerySet[Referral], what: str) -> Iterator[Line]:
    own = found.filter(trust__staff__user__username=role)
    referral = own.select_related("patient").order_by("pk").first()
    if referral:
        patient = referral.patient
        yield (
            role,
            f"{patient.given_name} {patient.family_name}",
            f"{format_code(referral.code)}   {what}",
        )
