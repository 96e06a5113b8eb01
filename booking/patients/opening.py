"""Opening a patient of another trust: free a few times, then slower and slower, and never alone.

The patient's own trust and the colleagues' lead hear of it each time, on their lists. What is over
the free ones waits: for a lead's yes, or for its time, which grows. It is never refused for good:
the patient's own trust can open the patient at once, and the page says whom to ring. `now` is
passed in, aware, UTC.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from booking.changes import audit
from booking.models import AuditAction, AuditEntry, Opening, Patient, Referral, Staff
from booking.worklists import rows, subjects
from sites.models import Trust
from times.london import LONDON, day_in_england

HOUR = timedelta(hours=1)
FREE_AN_HOUR = 3
"""Callers of another trust in one hour of a busy desk: it is rarely one. 43 in a row were opened
when nothing counted them."""
FREE_A_DAY = 8
"""One an hour of a clerk's day: whoever spreads them out is slowed, too."""
WAITS = [timedelta(minutes=minutes) for minutes in (5, 10, 20, 40)]
"""For the first over the free ones, the second, ...: long enough that to ring the patient's own
trust is quicker, so that nobody waits in an emergency. They add up: whoever asks for ten at once
waits for one after the other, and each over the fourth waits 40 minutes more."""
KEPT = timedelta(hours=12)
"""A wait that was not used by then is forgotten: a shift is over."""
BY_REFERRAL = "referral"
"""The reason of who becomes theirs by a referral that they enter."""
MUST_BE = (Staff.Role.LEAD,)
"""Who may say yes or no."""


class OpeningWaits(Exception):
    """The patient does not open yet: `opening` says when, and what a lead said."""

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self.opening = opening


class NotToAnswer(Exception):
    """It was answered or opened meanwhile, or is not this person's to answer."""


def open_patient(patient: Patient, staff: Staff, reason: str, *, now: datetime) -> None:
    """Write down that a patient of another trust is opened, and tell both trusts.

    Raises OpeningWaits if too many were opened lately; that is written down and told, too.
    """
    with transaction.atomic():
        _one_at_a_time(staff)
        waits = _must_wait(patient, staff, reason, now)
        if waits is None:
            _note(patient, staff, reason, now)
    if waits is not None:
        raise OpeningWaits(waits)


def follow_referral(referral: Referral, staff: Staff, *, now: datetime) -> None:
    """Write down, and tell, that another trust's patient became this person's by a referral that
    they entered. It is not braked: a request that has come is taken.
    """
    others = referral.patient.referrals.exclude(pk=referral.pk)
    was_theirs = others.of_trusts(staff.trust_codes).exists()
    if others.exists() and not was_theirs:
        with transaction.atomic():
            _one_at_a_time(staff)
            _note(referral.patient, staff, BY_REFERRAL, now)


def waiting(patient: Patient, staff: Staff, *, now: datetime) -> Opening | None:
    """Return what this person waits for of this patient, if it does not open yet."""
    found = _asked(patient, staff, now)
    return found if found and not _is_open(found, now) else None


def to_answer(staff: Staff, *, now: datetime) -> QuerySet[Opening]:
    """Return what waits for this lead's yes or no: of colleagues, or about patients of theirs."""
    if staff.role not in MUST_BE:
        return Opening.objects.none()
    of_colleagues = Q(staff__in=Staff.at_trusts(staff.trust_codes))
    theirs = Q(patient__in=Patient.objects.of_trusts(staff.trust_codes).values("pk"))
    asked = Opening.objects.filter(of_colleagues | theirs, used_at=None, answer="")
    asked = asked.filter(asked_at__gt=now - KEPT).exclude(staff=staff)
    return asked.select_related("staff__user", "patient").order_by("asked_at", "pk")


def answer(opening_id: int, *, is_yes: bool, now: datetime, by: Staff) -> Opening:
    """Say yes or no to what a colleague asked. Raises NotToAnswer."""
    said = Opening.Answer.YES if is_yes else Opening.Answer.NO
    with transaction.atomic():
        opening = to_answer(by, now=now).filter(pk=opening_id).first()
        mine = Opening.objects.filter(pk=opening_id, answer="", used_at=None)
        if opening is None or not mine.update(answer=said, answered_by=by, answered_at=now):
            raise NotToAnswer
        action = AuditAction.OPENING_ALLOWED if is_yes else AuditAction.OPENING_REFUSED
        audit.write(action, now=now, actor=by.actor, patient=opening.patient, user=opening.staff_id)
    return opening


def opened_since(since: datetime) -> QuerySet[AuditEntry]:
    """Return who opened another trust's patient since then."""
    return AuditEntry.objects.filter(action=AuditAction.OPENED_WITH_REASON, at__gte=since)


def counts_of_day(staff: Staff, *, now: datetime) -> list[tuple[str, int]]:
    """Return which colleagues, or openers of this person's patients, opened how many patients of
    other trusts today, the most first: as actor and count.
    """
    ours = Patient.objects.of_trusts(staff.trust_codes).values("pk")
    colleagues = [
        one.actor for one in Staff.objects.filter(pk__in=Staff.at_trusts(staff.trust_codes))
    ]
    found = opened_since(_today(now)).filter(Q(patient__in=ours) | Q(actor__in=colleagues))
    counted = found.values_list("actor").annotate(count=Count("patient", distinct=True))
    return list(counted.order_by("-count", "actor"))


def _must_wait(patient: Patient, staff: Staff, reason: str, now: datetime) -> Opening | None:
    """Return what must be waited for; None if the patient may be opened now, and mark it so."""
    asked = _asked(patient, staff, now)
    if asked is None:
        over = _over(patient, staff, now)
        return _ask(patient, staff, reason, over, now) if over >= 0 else None
    if not _is_open(asked, now):
        return asked
    Opening.objects.filter(pk=asked.pk).update(used_at=now)
    return None


def _over(patient: Patient, staff: Staff, now: datetime) -> int:
    """Return how many over the free ones this one is: 0 for the first; below 0 if it is free."""
    mine = opened_since(min(now - HOUR, _today(now))).filter(actor=staff.actor)
    day = set(mine.filter(at__gte=_today(now)).values_list("patient", flat=True))
    hour = set(mine.filter(at__gte=now - HOUR).values_list("patient", flat=True))
    if patient.pk in hour:
        return -1  # the same one again: signed in anew
    return max(len(hour) - FREE_AN_HOUR, len(day) - FREE_A_DAY)


def _ask(patient: Patient, staff: Staff, reason: str, over: int, now: datetime) -> Opening:
    """Write down that somebody waits for one more, behind those that they wait for already."""
    pending = Opening.objects.filter(staff=staff, used_at=None, asked_at__gt=now - KEPT)
    before = list(pending.order_by("opens_at").values_list("opens_at", flat=True))
    wait = WAITS[min(over + len(before), len(WAITS) - 1)]
    opens_at = max([now, *before]) + wait
    opening = Opening.objects.create(
        patient=patient, staff=staff, reason=reason, asked_at=now, opens_at=opens_at
    )
    audit.write(
        AuditAction.OPENING_ASKED, now=now, actor=staff.actor, patient=patient, reason=reason
    )
    _tell(patient, staff, now)
    return opening


def _asked(patient: Patient, staff: Staff, now: datetime) -> Opening | None:
    """Return what this person asked about this patient and has not opened; an old one is closed."""
    mine = Opening.objects.filter(patient=patient, staff=staff, used_at=None)
    found = mine.first()
    if found and found.asked_at <= now - KEPT:
        mine.update(used_at=found.asked_at)
        return None
    return found


def _is_open(opening: Opening, now: datetime) -> bool:
    if opening.answer:
        return opening.answer == Opening.Answer.YES
    return opening.opens_at <= now


def _note(patient: Patient, staff: Staff, reason: str, now: datetime) -> None:
    audit.write(
        AuditAction.OPENED_WITH_REASON, now=now, actor=staff.actor, patient=patient, reason=reason
    )
    _tell(patient, staff, now)


def _tell(patient: Patient, staff: Staff, now: datetime) -> None:
    """Put on the lists of both trusts that somebody opens others' patients: one row a person, day
    and trust, which says how many by now.
    """
    mine = opened_since(_today(now)).filter(actor=staff.actor)
    theirs = set(patient.referrals.values_list("trust", flat=True)) - staff.trust_codes
    asks = Opening.objects.filter(staff=staff, used_at=None, answer="", asked_at__gt=now - KEPT)
    for trust in sorted(theirs | staff.trust_codes):
        of_trust = Patient.objects.of_trust(trust).values("pk")
        found = mine if trust in staff.trust_codes else mine.filter(patient__in=of_trust)
        count = found.aggregate(count=Count("patient", distinct=True))["count"]
        whose = "of other trusts" if trust in staff.trust_codes else "of ours"
        said = f"{staff.name[:60]} opened {count} patient{'' if count == 1 else 's'} {whose} today"
        said += ", and waits to open more" if asks.exists() else ""
        subject = subjects.of_openings(staff.pk, day_in_england(now), trust)
        reason = f"{said}. A lead looks at “Opened elsewhere”."
        row = rows.open_row(rows.Kind.NEEDS_PERSON, subject, reason, now=now, actor=staff.actor)
        rows.say_anew(row, reason, now=now, actor=staff.actor)


def _one_at_a_time(staff: Staff) -> None:
    """Let nobody open two at once, so that each is counted; until the transaction ends."""
    list(Staff.objects.select_for_update(no_key=True).filter(pk=staff.pk).values_list("pk"))


def _today(now: datetime) -> datetime:
    return datetime.combine(day_in_england(now), time(), LONDON)


def trusts_of(patient: Patient) -> Collection[Trust]:
    """Return the trusts whose patient somebody is, by name."""
    return Trust.objects.filter(pk__in=patient.referrals.values("trust")).order_by("name")
