"""What else happens to people: texts that fail, replies, offers, joined records, ends, calls."""

from contextlib import suppress

from django.db import transaction

from booking.appointments.holds import SlotNotSuitable, SlotTaken
from booking.clerk import caller
from booking.demo.life.crew import A_DAY, Crew, Part
from booking.demo.life.visits import booked
from booking.models import Call, Offer, Referral
from booking.offers import making
from booking.offers.making import AlreadyOffered, Terms
from booking.patients import calls, comparison, merging, same_person
from booking.referrals import ending
from booking.worklists import chasing
from notifications import receipts, replies
from notifications.models import WAITING, Kind, Message

LANDLINE_ERROR = "30006"
"""The provider's code of a number at which no text can arrive."""
REPLIES = (
    "Can my daughter come in with me?", "Is there parking please", "Running a bit late sorry",
    "I have moved house do you have my new address", "STOP",
)  # fmt: skip
ENDS = (Referral.End.NOT_WANTED, Referral.End.ELSEWHERE, Referral.End.DIED,
        Referral.End.SENT_BACK, Referral.End.WITHDRAWN)  # fmt: skip


def not_booked(part: Part, crew: Crew) -> None:
    """Put somebody on the list of those to phone, up to three days ago."""
    since = crew.ago(4 + part.place % 6 * 14)
    reason = "Has not booked. Phone them."
    chasing.open_not_booked(part.referral, reason, now=since, actor=crew.lead.actor)


def undelivered(part: Part, crew: Crew) -> None:
    """Book somebody whose confirmation does not arrive."""
    made = booked(part, crew)
    text = made and Message.objects.filter(subject=made.reference, kind=Kind.CONFIRMATION).first()
    if text:
        _told(text, "undelivered", crew, LANDLINE_ERROR, hours=1 + part.place % 5 * 7)


def deliver_the_rest(crew: Crew) -> None:
    """Say of the texts that were due before now that they arrived: else all would go at once."""
    for text in Message.objects.filter(state__in=WAITING, due_at__lt=crew.ago(0.1)):
        _told(text, "delivered", crew)


def _told(text: Message, status: str, crew: Crew, error: str = "", hours: float = 0) -> None:
    at = max(text.due_at, crew.ago(hours)) if hours else text.due_at
    receipts.take(text.pk, f"life-{text.pk}", status, source="callback", now=at, error_code=error)


def reply(parts: list[Part], crew: Crew) -> None:
    """Let some who have a mobile write something back."""
    with_mobile = [one for one in parts if one.who.mobile]
    for number, (part, words) in enumerate(zip(with_mobile, REPLIES, strict=False)):
        kept = replies.keep(
            f"life-{number}", number=part.who.mobile, body=words, opt_out_type="",
            now=crew.ago(number + 1),
        )  # fmt: skip
        replies.handle_safely(kept, crew.ago(number + 1))


def same(parts: list[Part], crew: Crew) -> None:
    """Of the pairs of one name and birthday join the first, and say of the third that it is two."""
    for number, (one, other) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
        first, second = one.referral.patient, other.referral.patient
        if number != 2:
            with transaction.atomic():
                same_person.ask(other.referral, first, now=crew.ago(5), actor=crew.clerk.actor)
        else:
            same_person.note_two_people(first, second, now=crew.ago(3), actor=crew.lead.actor)
        if number == 0:
            seen = comparison.compare(first, second, now=crew.now).version
            asked = merging.Asked(seen, "Phoned: the same person, who had moved house")
            merging.merge(first, second, asked, now=crew.now, actor=crew.lead.actor)


def ended(part: Part, crew: Crew) -> None:
    """End a request, each for another reason; one of them was a mistake, and is open again."""
    reason = ENDS[part.place % len(ENDS)]
    ending.end(part.referral, reason, now=crew.ago(24), actor=crew.clerk.actor)
    if part.place % len(ENDS) == 0:
        ending.reopen(part.referral, now=crew.ago(3), actor=crew.lead.actor)


def offered(part: Part, crew: Crew) -> None:
    """Ask somebody whether they want a time that is kept for them."""
    slot = crew.times.take_ahead(part.referral)
    terms = Terms(Offer.Why.URGENT, until=crew.now + A_DAY / 2)
    if slot is None:
        return
    try:
        with transaction.atomic():
            offer = making.make(part.referral, slot, terms, now=crew.now, actor=crew.lead.actor)
            making.tell(offer, now=crew.now)
    except (SlotTaken, SlotNotSuitable, AlreadyOffered):
        return


def kept(part: Part, crew: Crew) -> None:
    """Let a colleague keep a time for somebody who is on the phone now."""
    slot = crew.times.take_ahead(part.referral)
    patient = part.referral.patient
    who = calls.WhoCalls(Call.Caller.PATIENT)
    gave = [Call.Check.BORN, Call.Check.ADDRESS]
    calls.check(patient, crew.lead, who, gave, seen="0", now=crew.now)
    if slot is not None:
        with suppress(SlotTaken, SlotNotSuitable):
            caller.hold_for_caller(part.referral, slot, crew.lead, now=crew.now)
