"""Suspected cancer in each state of its alert."""

from booking.alerts import acknowledging, closing
from booking.appointments import trust_answers
from booking.demo.life.crew import A_DAY, Crew, Part
from booking.identifiers.actors import PATIENT
from booking.models import Alert
from booking.worklists import chasing
from times.london import day_in_england

RAISED, ACKNOWLEDGED, BOOKED, CLOSED = range(4)


def cancer(part: Part, crew: Crew) -> None:
    """Leave an alert, see to it, book, or close it: one in four each."""
    state = part.place % 4
    chasing.open_not_booked(
        part.referral, "Has not booked. Phone them.", now=crew.ago(2), actor=crew.lead.actor
    )
    if state == ACKNOWLEDGED:
        seen = _alert(part)
        acknowledging.acknowledge(seen.pk, seen.version, now=crew.ago(1), actor=crew.imaging.actor)
    elif state == BOOKED:
        crew.times.book_ahead(part.referral, PATIENT, at=crew.ago(1), days=1)
    elif state == CLOSED:
        seen = _alert(part)
        words = "The referrer phoned: it was scanned in Manchester"
        closing.close(
            seen.pk, seen.version, Alert.Reason.ELSEWHERE, words, now=crew.ago(1),
            actor=crew.lead.actor,
        )  # fmt: skip


def scanned(part: Part, crew: Crew) -> None:
    """Book an alert's request yesterday, and let them come."""
    made = crew.times.book_on(part.referral, day_in_england(crew.now) - A_DAY, PATIENT)
    if made:
        trust_answers.attended(made, made.version, now=made.end, actor=crew.imaging.actor)


def _alert(part: Part) -> Alert:
    return Alert.objects.get(referral=part.referral)
