"""Who did what when, about one patient or one request: one list of all that is kept of it.

Merged from the audit, the texts, the replies and what became of rows on the lists. Loaded only
when somebody opens it: the patient's screen asks nothing of all this.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, QueryDict

from booking.changes import audit
from booking.clerk.call_words import say_call
from booking.clerk.permissions import Action, may, may_be_opened
from booking.clerk.screen.actors_in_words import names_of
from booking.clerk.screen.acts_in_words import (
    CALLS,
    LOOKS,
    Known,
    say_entry,
    say_event,
    say_text,
)
from booking.messages.texts import subjects_of
from booking.models import (
    EPOCH,
    AuditAction,
    AuditEntry,
    Call,
    Exam,
    Patient,
    Referral,
    Slot,
    Staff,
    WorklistEvent,
    WorklistRow,
)
from booking.pages.filters import say_exam
from notifications.models import WAITING, Inbound, Message
from notifications.opt_outs import hash_of
from sites.models import Site
from times.keyset import address_with, size_shown
from times.london import day_in_england

STEP = 50
PARAMETER = "history"
LONGEST_REPLY = 160


@dataclass(frozen=True)
class Line:
    """One thing that happened. `which` names the scan, where the patient has several; `quote` is
    what they wrote, `text` the text that a page of its own tells more of; `times`: how often.
    """

    at: datetime
    who: str
    did: str
    which: str = ""
    quote: str = ""
    text: UUID | None = None
    times: int = 1


@dataclass(frozen=True)
class History:
    """The newest lines; `more` is the query of the page with more of them, empty at the end."""

    lines: list[Line]
    more: str


def history_of_patient(
    request: HttpRequest, staff: Staff, patient: Patient, now: datetime
) -> History:
    """Return what happened with a patient, by any record of theirs. Replies that are shown are
    written down as read.
    """
    referrals = list(patient.referrals.select_related("exam"))
    records = patient.records
    entries = AuditEntry.objects.filter(patient__in=[one.pk for one in records])
    size = size_shown(request.GET, PARAMETER, step=STEP)
    which = {one.pk: say_exam(one.exam) for one in referrals} if len(referrals) > 1 else {}
    lines = _lines(entries, referrals, staff, which, size)
    replies = _replies(request, staff, records, size)
    if any(one.quote for one in replies):
        audit.write(AuditAction.TEXTS_SEEN, now=now, actor=staff.actor, patient=patient)
    return _cut([*lines, *replies, *_calls(records, size)], size, request.GET)


def history_of_referral(referral: Referral, staff: Staff, given: QueryDict) -> History:
    """Return what happened with one request; what the patient wrote is with the patient."""
    size = size_shown(given, PARAMETER, step=STEP)
    entries = AuditEntry.objects.filter(referral=referral)
    return _cut(_lines(entries, [referral], staff, {}, size), size, given)


def _cut(lines: Iterable[Line], size: int, given: QueryDict) -> History:
    """Return the newest lines; what is said again and again on one day, once with how often."""
    ordered = sorted(lines, key=lambda line: line.at, reverse=True)
    more = address_with(given, PARAMETER, size + STEP) if len(ordered) > size else ""
    alike = groupby(ordered[:size], key=_same_on_a_day)
    groups = [list(same) for _, same in alike]
    return History([replace(same[0], times=len(same)) for same in groups], more)


def _same_on_a_day(line: Line) -> tuple[date, Line]:
    return day_in_england(line.at), replace(line, at=EPOCH)


def _lines(
    entries: QuerySet[AuditEntry],
    referrals: list[Referral],
    staff: Staff,
    which: dict[int, str],
    size: int,
) -> list[Line]:
    acts = list(entries.exclude(action__in=[*LOOKS, *CALLS]).order_by("-at", "-pk")[: size + 1])
    events = _events(referrals, staff, size)
    who = names_of({*(one.actor for one in acts), *(one.actor for one in events)})
    known = _known(acts)
    may_read = may(staff, Action.TEXTS)
    return [
        *(
            Line(one.at, who[one.actor], say_entry(one, known), which.get(one.referral_id or 0, ""))
            for one in acts
        ),
        *(
            Line(one.at, who[one.actor], say_event(one), which.get(one.row.referral_id or 0, ""))
            for one in events
        ),
        *(
            Line(
                one.moment,  # type: ignore[attr-defined]
                f"Text “{one.get_kind_display()}”",
                say_text(one),
                text=one.pk if may_read else None,
            )
            for one in _texts(referrals, size)
        ),
    ]


def _events(referrals: list[Referral], staff: Staff, size: int) -> list[WorklistEvent]:
    """Return what became of rows on the lists of this person's trusts."""
    ours = WorklistRow.objects.of_trusts(staff.trust_codes).filter(referral__in=referrals)
    events = WorklistEvent.objects.filter(row__in=ours)
    return list(events.select_related("row").order_by("-at", "-pk")[: size + 1])


def _calls(records: Collection[Patient], size: int) -> list[Line]:
    """Return the calls about a patient: who was on the phone, and what was checked."""
    calls = Call.objects.filter(patient__in=[one.pk for one in records])
    read = calls.select_related("staff__user", "contact").order_by("-began_at", "-pk")
    return [Line(one.began_at, "Call", say_call(one)) for one in read[: size + 1]]


def _texts(referrals: list[Referral], size: int) -> list[Message]:
    """Return the texts about these, by when they went; those that wait by when they will."""
    goes_at = Case(
        When(state__in=WAITING, then=F("due_at")), default=Coalesce("accepted_at", "updated_at")
    )
    texts = Message.objects.filter(subject__in=list(subjects_of(referrals)))
    return list(texts.annotate(moment=goes_at).order_by("-moment", "-pk")[: size + 1])


def _replies(
    request: HttpRequest, staff: Staff, records: Collection[Patient], size: int
) -> list[Line]:
    """Return what came from the patient's mobile, for who may read texts.

    The words are left out if somebody else has that mobile whom this person may not open.
    """
    numbers = {one.mobile for one in records if one.mobile}
    if not numbers or not may(staff, Action.TEXTS):
        return []
    own = {one.pk for one in records}
    having = Patient.objects.filter(mobile__in=numbers).exclude(pk__in=own)
    others = list(having.exclude(merged_into__in=own))
    is_open = len(may_be_opened(request, staff, others)) == len(others) if others else True
    who = "From this phone, which others have, too" if others else "The patient, by text"
    found = Inbound.objects.filter(number_hash__in=[hash_of(one) for one in numbers])
    return [
        Line(
            one.received_at,
            who,
            f"wrote{f' ({one.outcome})' if one.outcome else ''}",
            quote=_quote(one, is_open),
            text=one.pk,
        )
        for one in found.order_by("-received_at", "-pk")[: size + 1]
    ]


def _quote(reply: Inbound, is_open: bool) -> str:
    if not is_open:
        return ""
    body = reply.body
    return body if len(body) <= LONGEST_REPLY else f"{body[:LONGEST_REPLY]}…"


def _known(entries: list[AuditEntry]) -> Known:
    """Return when and where the slots are, and what the exams are called, that entries name."""
    slots = {one.detail.get("slot") for one in entries if "start" not in one.detail}
    sites = {one.detail.get("site") for one in entries}
    codes = {one.detail.get(key) for one in entries for key in ("was", "to")}
    times = Slot.objects.filter(pk__in=slots - {None}).values_list("pk", "start", "site__name")
    return Known(
        times={pk: (start, name) for pk, start, name in times},
        places=dict(Site.objects.filter(pk__in=sites - {None}).values_list("pk", "name")),
        exams={
            one.code: say_exam(one)
            for one in Exam.objects.filter(code__in=[str(code) for code in codes if code])
        },
    )
