"""Two invented people who are booked and would come sooner: one has a mobile, one has none.

Cancel a near MRI of their place in the demo, or let a feed add one, and they are asked.
"""

from datetime import date, datetime, timedelta

from booking.appointments import booking, holds
from booking.demo.people import DemoPatient, create_patient
from booking.exams import fit
from booking.exams.questions import answering, asking, file
from booking.exams.questions.question import DONT_KNOW, Question
from booking.identifiers.actors import PATIENT
from booking.models import Referral, Slot, SoonerWish
from booking.offers.sooner import wishes
from booking.offers.sooner.wishes import Wanted
from booking.search.origin import home_of

PATIENTS = [
    DemoPatient("2VBG7MQD", "Grace", "Postlethwaite", date(1958, 2, 20), "+447700900364",
                "9990000085", "MR-KNEE", "RTX", "routine", 12, "LA14 4LF", []),
    DemoPatient("5JRT6KXC", "Harold", "Dixon", date(1949, 10, 8), "", "9990000093", "MR-KNEE",
                "RTX", "routine", 15, "LA1 4RP", []),
]  # fmt: skip
BOOKED_AHEAD = timedelta(days=21)


def create(now: datetime) -> int:
    """Create, book and put on the list whoever is not yet; return how many are on the list now.

    There must be times: it comes after the feeds.
    """
    for demo in PATIENTS:
        referral = create_patient(demo, now)
        if booking.live_appointment(referral) is None:
            _answer(referral, now)
            _book(referral, now)
        if booking.live_appointment(referral) and wishes.wish_of(referral) is None:
            wanted = Wanted(2, within_minutes=60, origin=home_of(referral.patient))
            door = SoonerWish.Door.STAFF
            wishes.put_on(referral, wanted, door=door, now=now, actor=PATIENT)
    return SoonerWish.objects.filter(state=SoonerWish.State.ON).count()


def _book(referral: Referral, now: datetime) -> None:
    """Book the first time in three weeks that is free; without one they wait."""
    later = Slot.objects.filter(free_at__lte=now, start__gt=now + BOOKED_AHEAD)
    own = fit.fitting(later.filter(site__trust=referral.trust_id), referral.exam, now=now)
    slot = own.order_by("start", "pk").first()
    if slot is not None:
        holds.hold(referral, slot.pk, now=now)
        booking.book(referral, slot.pk, now=now, actor=PATIENT)


def _answer(referral: Referral, now: datetime) -> None:
    """Answer each question so that nothing speaks against the scan."""
    version = file.current().version
    while question := asking.next_question(referral, now=now):
        value = _harmless(question)
        answering.answer(referral, question.id, value, version=version, now=now, actor=PATIENT)


def _harmless(question: Question) -> str:
    known = [one for one in question.choices if one.value not in ("", DONT_KNOW)]
    return min(known, key=lambda one: one.outcome.rank).value if known else DONT_KNOW
