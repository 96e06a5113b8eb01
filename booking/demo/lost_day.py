"""A day of one scanner that is lost: other times are held for its people, and a lead is to look.

Through the service's own functions; what is there already stays as it is.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from booking.alerts.raising import raise_alert
from booking.appointments import booking, holds
from booking.demo.people import STAFF
from booking.exams.questions import file
from booking.exams.questions.question import DONT_KNOW
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.identifiers.codes import new_reference
from booking.models import Alert, Answer, Exam, LostClinic, Patient, Referral, Schedule, Slot
from booking.offers.lost import freezing, resume
from booking.offers.lost.what import SCANNER, SCHEDULE, Lost
from booking.waits.targets import target_day
from booking.worklists.rows import PRESSING
from times.london import LONDON, day_in_england

PEOPLE = 12
"""At most: a demo's day has few free times."""
FIRST_DAY, A_DAY = timedelta(days=3), timedelta(days=1)
BORN = date(1958, 4, 2)
CODES = {2: "6WVT4HMB"}
"""Of one of them, who has a mobile, so that one can see what they are asked."""
SURNAMES = ("Ainscough", "Bibby", "Catterall", "Duckworth", "Eccles", "Fairhurst", "Greenhalgh",
            "Hesketh", "Iddon", "Kershaw", "Livesey", "Marsden")  # fmt: skip


def create(now: datetime) -> LostClinic | None:
    """Book people on the fullest day of a lead's own list and lose it; None if no list has one."""
    if LostClinic.objects.exists():
        return LostClinic.objects.first()
    trust = next(one.trusts[0] for one in STAFF if one.role == "lead")
    schedule, slots = _fullest_day(trust, now)
    exam = Exam.objects.filter(
        modality=schedule.modality if schedule else "", visits=1, contrast="", retired=False
    ).order_by("minutes", "code").first()  # fmt: skip
    if schedule is None or exam is None:
        return None
    for number, slot in enumerate(slots[:PEOPLE]):
        _book(number, slot, exam, now)
    day = day_in_england(slots[0].start)
    begins, ends = (
        datetime.combine(one, time(0), LONDON).astimezone(UTC) for one in (day, day + A_DAY)
    )
    kind, key = (SCANNER, schedule.scanner_id) if schedule.scanner_id else (SCHEDULE, schedule.pk)
    lost = Lost(trust, kind, key, begins, ends, LostClinic.Reason.BROKEN)
    clinic = freezing.start(lost, now=now, actor=Actor(ActorKind.COMMAND))
    resume.work(clinic, now=now, seconds=resume.A_TICK)
    return clinic


def _fullest_day(trust: str, now: datetime) -> tuple[Schedule | None, list[Slot]]:
    """Return the list of a trust with the most free times on one day, a scanner on wheels first."""
    free = Slot.objects.of_trust(trust).filter(
        free_at__lte=now, start__gt=now + FIRST_DAY, start__lt=now + 4 * FIRST_DAY, seat=0
    )
    days: dict[tuple[int, date], list[Slot]] = defaultdict(list)
    for slot in free.select_related("schedule", "site").order_by("start", "pk"):
        days[slot.schedule_id, day_in_england(slot.start)].append(slot)

    def worth(slots: list[Slot]) -> tuple[bool, int]:
        return slots[0].schedule.scanner_id is not None, len(slots)

    best = max(days.values(), key=worth, default=[])
    return (best[0].schedule if best else None), best


def _book(number: int, slot: Slot, exam: Exam, now: datetime) -> None:
    """Invent a patient with a request, and book them; what cannot be booked is left alone."""
    urgency = PRESSING[min(number, 2)]
    patient = Patient.objects.create(
        given_name="Alex", family_name=SURNAMES[number % len(SURNAMES)], born=BORN,
        mobile="" if number == 3 else f"+4477009002{number:02}", postcode=slot.site.postcode,
        nhs_number=None, needs=["interpreter"] if number == 4 else [],
    )  # fmt: skip
    today = day_in_england(now)
    referral = Referral.objects.create(
        code=CODES.get(number) or new_reference(), patient=patient, exam=exam,
        trust_id=slot.trust_id, urgency=urgency, clock_start=today,
        target_day=target_day(urgency, today),
    )  # fmt: skip
    if urgency == Referral.Urgency.SUSPECTED_CANCER:
        with transaction.atomic():
            raise_alert(referral, Alert.Why.RECEIVED, now=now, actor=Actor(ActorKind.COMMAND))
    _answer_harmlessly(referral, now)
    try:
        holds.hold(referral, slot.pk, now=now)
        booking.book(referral, slot.pk, now=now, actor=PATIENT)
    except (holds.SlotTaken, holds.SlotNotSuitable, holds.HoldExpired):
        return


def _answer_harmlessly(referral: Referral, now: datetime) -> None:
    """Answer the questions before a scan so that nothing speaks against booking."""
    questions = file.current()
    for question in questions:
        known = [one for one in question.choices if one.value not in ("", DONT_KNOW)]
        mildest = min(known, key=lambda one: one.outcome.rank, default=None)
        Answer.objects.create(
            referral=referral, question=question.id, version=questions.version,
            digest=question.digest, value=mildest.value if mildest else DONT_KNOW,
            answered_by=str(PATIENT), who=Answer.Who.PATIENT, at=now,
            expires_at=now + timedelta(days=365),
        )  # fmt: skip
