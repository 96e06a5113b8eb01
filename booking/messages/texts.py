"""What patients are texted: which words, when, and the code by which they can reply.

Nobody who has died is texted, nor about them: it is looked at where each text is written. Each
function belongs inside the transaction of what it tells of, and raises outside one. `now`
is passed in, aware, UTC.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from booking.changes import transactions
from booking.exams import preparation
from booking.messages.codes import Codes, codes_of, taken_codes
from booking.models import Appointment, Offer, Patient, Referral, ReplyCode
from notifications import outbox, timing
from notifications.drafts import Draft, Known
from notifications.models import GIVING_CODE, REMINDERS, Kind, Message
from notifications.reading import LOWEST_CODE
from times.london import day_in_england, say_day, say_times
from times.together import Part, beside, nothing, read

AT_LEAST = timedelta(days=1)
"""How long news of an appointment stays worth sending, even once its time has passed."""
INVITATION_STANDS = timedelta(days=7)
"""An invitation that could not be sent for so long becomes a phone call."""
PHONE_WITHIN = timedelta(days=3)
"""That somebody should phone us is not said any later."""
SUBJECT_IS_REFERRAL = "referral"
EXAMPLE = "1234"
"""Shows how to write a code; never given to an appointment: it is below LOWEST_CODE."""


def notify_change(  # noqa: PLR0913 - what a text says, when, and what was read for it
    appointment: Appointment,
    kind: str,
    now: datetime,
    undo_window: timedelta = timedelta(0),
    *,
    by_patient: bool = False,
    place: str = "",
    ready: "Ready | None" = None,
) -> None:
    """Write the text about a change, the reminders if it still stands, and stop older ones.

    The text waits for `undo_window`, so that the change can be undone before. Without a `kind` only
    the reminders are written. That the patient cancelled is said only if it was `by_patient`.
    `place` is the name by which the patient knows a place that is called otherwise by now.
    `ready` is what ready_for read, of an appointment that is new.
    """
    transactions.must_be_in_transaction("A text")
    start = appointment.start
    if appointment.version > 1:  # of a new one nothing was ever said
        outbox.cancel_unsent(appointment.reference, before_version=appointment.version, now=now)
    texts = [(kind, now + undo_window, max(start, now + AT_LEAST))] if kind else []
    if appointment.status == Appointment.Status.BOOKED:
        texts += timing.reminder_times(start, now)
    by_others = "" if by_patient else "cancelled"
    _write_all(
        appointment,
        [
            _Text(
                one,
                due_at,
                not_after,
                by_others if one == Kind.CANCELLED_BY_YOU else "",
                place=place,
            )
            for one, due_at, not_after in texts
        ],
        now,
        ready,
    )


def tell_new_name(appointment: Appointment, now: datetime) -> None:
    """Write that the place of an appointment that stands has another name or address, and new
    reminders, which name it."""
    notify_change(appointment, "", now)
    pending = appointment.status == Appointment.Status.PENDING
    kind, wording = (
        (Kind.PENDING, "place_renamed_pending") if pending else (Kind.CHANGED, "place_renamed")
    )
    not_after = max(appointment.start, now + AT_LEAST)
    text = _Text(kind, now + until_hours(appointment, now), not_after, wording)
    _write(appointment, text, now)


def tell_back_on(appointment: Appointment, now: datetime) -> None:
    """Write that a time which was off goes ahead after all, and its reminders; stop older texts.

    Where its trust has yet to confirm it anew, it says no more than that.
    """
    notify_change(appointment, "", now)
    pending = appointment.status == Appointment.Status.PENDING
    kind, wording = (Kind.PENDING, "") if pending else (Kind.CHANGED, "back_on")
    not_after = max(appointment.start, now + AT_LEAST)
    text = _Text(kind, now + until_hours(appointment, now), not_after, wording)
    _write(appointment, text, now)


def until_hours(appointment: Appointment, now: datetime) -> timedelta:
    """Return how long news of an appointment waits that nobody asked for: not through the night
    if the patient would set out meanwhile.

    Kinds that answer a patient may go at any hour; the same words are no answer where the patient
    did nothing.
    """
    start = appointment.start
    return timing.first_open(Kind.DISPLACED, day_in_england(start), now, start) - now


def send_invitation(referral: Referral, now: datetime, again: str = "") -> Message | None:
    """Write the text that says "you can book now", once a referral, and once more for `again`.

    At night and on a bank holiday it waits. A patient without a mobile goes on the clerks' list.
    `again` tells one further invitation from the next.
    """
    transactions.must_be_in_transaction("A text")
    if referral.patient.died_at:
        return None
    return outbox.enqueue(
        kind=Kind.INVITATION,
        subject=subject_of(referral),
        version=1,
        offset=again,
        to=referral.patient.mobile,
        context={
            "first_name": referral.patient.given_name,
            "link": link(referral),
            "phone": settings.HELP_PHONE,
        },
        due_at=now,
        not_after=now + INVITATION_STANDS,
        now=now,
    )


def ask_to_phone(referral: Referral, now: datetime) -> Message | None:
    """Write the text that asks a patient to phone us: one a request and day in England."""
    transactions.must_be_in_transaction("A text")
    if referral.patient.died_at:
        return None
    return outbox.enqueue(
        kind=Kind.PLEASE_PHONE,
        subject=subject_of(referral),
        version=1,
        offset=f"{day_in_england(now)}",
        to=referral.patient.mobile,
        context={"first_name": referral.patient.given_name, "phone": settings.HELP_PHONE},
        due_at=now,
        not_after=now + PHONE_WITHIN,
        now=now,
    )


def resend_details(appointment: Appointment, entry_id: int | str, now: datetime) -> None:
    """Write the details of an appointment again, once an audit entry that asks for them.

    Of one that its trust has yet to confirm they say so: they give no code to reply with.
    """
    pending = appointment.status == Appointment.Status.PENDING
    kind, wording = (Kind.PENDING, "details_pending") if pending else (Kind.DETAILS, "")
    _write(appointment, _Text(kind, wording=wording, offset=str(entry_id)), now)


def answer_reply(appointment: Appointment, wording: str, inbound_id: str, now: datetime) -> None:
    """Write the answer to a patient's reply about this appointment, once a reply."""
    _write(appointment, _Text(Kind.ANSWER, wording=wording, offset=inbound_id), now)


def tell_paused(appointment: Appointment, about: str, now: datetime) -> None:
    """Write that nobody asks about sooner times any more, for want of answers; once for `about`."""
    _write(appointment, _Text(Kind.SOONER_LIST, offset=about), now)


def help_with_reply(kind: str, wording: str, number: str, inbound_id: str, now: datetime) -> None:
    """Write the text that says how to reply, to a number, once a reply."""
    transactions.must_be_in_transaction("A text")
    outbox.enqueue(
        kind=kind, wording=wording, subject=inbound_id, version=1, to=number,
        context={"phone": settings.HELP_PHONE, "example": EXAMPLE},
        due_at=now, not_after=now + AT_LEAST, now=now,
    )  # fmt: skip


def was_given_code(appointment: Appointment) -> bool:
    """Return whether the patient was sent the code of the appointment's present version."""
    return outbox.was_sent(appointment.reference, GIVING_CODE, version=appointment.version)


def was_asked_to_come(appointment: Appointment) -> bool:
    """Return whether the last text with that code asked "can you come?", so that a no cancels.

    To the others ("reply CANCEL to cancel") a no may mean that they do not want to.
    """
    reference, version = appointment.reference, appointment.version
    return outbox.last_kind_sent(reference, version, GIVING_CODE) in REMINDERS


def was_asked_of_the_place(appointment: Appointment) -> bool:
    """Return whether the last text with that code asked if another place suits."""
    reference, version = appointment.reference, appointment.version
    return outbox.last_kind_sent(reference, version, GIVING_CODE) == Kind.STOP_MOVED


def stop(referrals: Iterable[Referral], now: datetime) -> int:
    """Cancel every text about these referrals and their appointments that has not left yet.

    Returns how many. A text about a state that is still to be written is not among them.
    """
    return sum(
        outbox.cancel_unsent(subject, before_version=version + 1, now=now)
        for subject, version in subjects_of(referrals).items()
    )


def waiting_for(referrals: Iterable[Referral]) -> int:
    """Return how many texts about these referrals and their appointments still wait."""
    return outbox.count_unsent(subjects_of(referrals))


def subjects_of(referrals: Iterable[Referral]) -> dict[str, int]:
    """Return what texts about these are about, each with its present version."""
    referrals = list(referrals)
    appointments = Appointment.objects.filter(referral__in=referrals)
    offers = Offer.objects.filter(referral__in=referrals).values_list("reference", flat=True)
    return {
        **dict.fromkeys(offers, 1),
        **{subject_of(referral): 1 for referral in referrals},
        **dict(appointments.values_list("reference", "version")),
    }


def subject_of(referral: Referral) -> str:
    """Return how texts name a referral: not by its code, which the patient books with."""
    return f"{SUBJECT_IS_REFERRAL}-{referral.pk}"


def find_subject(subject: str) -> tuple[Referral | None, Appointment | None]:
    """Return what a text's subject names: an appointment with its referral, or a referral.

    An offer names its referral.
    """
    found = Appointment.objects.select_related("referral").filter(reference=subject).first()
    if found:
        return found.referral, found
    offer = Offer.objects.select_related("referral").filter(reference=subject).first()
    if offer:
        return offer.referral, None
    word, _, number = subject.partition("-")
    if word == SUBJECT_IS_REFERRAL and number.isdecimal():
        return Referral.objects.filter(pk=int(number)).first(), None
    return None, None


def link(referral: Referral) -> str:
    """Return the page where the patient books, changes and cancels."""
    return f"{settings.PUBLIC_BASE_URL}/a/{referral.code}"


def reply_code(appointment: Appointment, now: datetime) -> str:
    """Return the code of the appointment's present version, issued when first asked for.

    No two appointments that a phone was ever texted about share one, so a code alone says which.
    """
    return _issue(appointment, read(codes_of(appointment)), now)


def new_code(patient: Patient) -> str:
    """Return four digits that no text to any number of this patient has given yet."""
    return _free_code(read(taken_codes(patient)))


def _issue(appointment: Appointment, codes: Codes, now: datetime) -> str:
    if codes.issued:
        return codes.issued
    code = _free_code(codes.taken)
    ReplyCode.objects.create(
        appointment=appointment, version=appointment.version, code=code, issued_at=now
    )
    return code


def _free_code(taken: Collection[str]) -> str:
    every = map(str, range(LOWEST_CODE, 10_000))
    return secrets.choice([code for code in every if code not in taken])


@dataclass(frozen=True)
class _Text:
    """One text about an appointment; what is left out is as the appointment has it, and now.

    `place` is another name of it. `offset` tells one from the next.
    """

    kind: str
    due_at: datetime | None = None
    not_after: datetime | None = None
    wording: str = ""
    offset: str = ""
    place: str = ""


def _write(appointment: Appointment, text: _Text, now: datetime) -> None:
    drafts, known = _drafts(appointment, [text], now)
    for one in drafts:  # once, however many write it at this moment
        outbox.enqueue_one(one, known, now=now)


def _write_all(
    appointment: Appointment, written: Sequence[_Text], now: datetime, ready: "Ready | None"
) -> None:
    outbox.enqueue_all(*_drafts(appointment, written, now, ready), now=now)


@dataclass(frozen=True)
class Ready:
    """What must be known to write the texts about an appointment that nothing was said of yet."""

    codes: Codes
    known: Known


def ready_for(patient: Patient, *, now: datetime) -> Part[Ready]:
    """Read what must be known to write the texts about an appointment that is still to be made.

    Nobody else writes texts about it: it has no code yet, and none of its texts is written.
    """
    taken, known = yield from beside(
        taken_codes(patient), outbox.known_of(patient.mobile, (), now=now)
    )
    return Ready(Codes("", taken), known)


def _drafts(
    appointment: Appointment,
    written: Sequence[_Text],
    now: datetime,
    ready: Ready | None = None,
) -> tuple[list[Draft], Known]:
    """Return texts about one appointment, and what must be known to write them: one statement."""
    transactions.must_be_in_transaction("A text")
    patient = appointment.referral.patient
    if patient.died_at or not written:
        return [], Known()
    codes: Codes | None
    if ready is not None:
        codes, known = ready.codes, ready.known
    else:
        keys = [_draft(appointment, one, {}, now).key for one in written]
        own = codes_of(appointment) if appointment.is_live else nothing(None)
        codes, known = read(beside(own, outbox.known_of(patient.mobile, keys, now=now)))
    context = _context(appointment, _issue(appointment, codes, now) if codes else "")
    return [_draft(appointment, one, context, now) for one in written], known


def _context(appointment: Appointment, code: str) -> dict[str, str]:
    """Return what the words about an appointment name."""
    referral, start = appointment.referral, appointment.start
    return {
        "first_name": referral.patient.given_name,
        "when_time": say_times([from_ for from_, _ in appointment.visits()]),
        "come_time": preparation.say_come_time(referral.exam, start),
        "when_day": say_day(start),
        "place": appointment.site.name,
        "link": link(referral),
        "code": code,
        "phone": settings.HELP_PHONE,
    }


def _draft(appointment: Appointment, text: _Text, context: dict[str, str], now: datetime) -> Draft:
    return Draft(
        kind=text.kind,
        wording=text.wording,
        subject=appointment.reference,
        version=appointment.version,
        offset=text.offset,
        to=appointment.referral.patient.mobile,
        context={**context, "place": text.place} if text.place else context,
        due_at=text.due_at or now,
        not_after=text.not_after or now + AT_LEAST,
        on_day=day_in_england(appointment.start),
        scan_at=appointment.start,
    )
