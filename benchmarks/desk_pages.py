"""The desk's pages at 20,000 open rows: how often each asks the database, and how long it takes.

The control is the same page of a small trust in the same database, in turns with ours: what it
takes by itself. Rows and appointments of the large trust are about patients all over the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.scene import NOW
from benchmarks.summary import tell
from benchmarks.timing import in_turns
from booking.clerk.screen.day import day_address
from booking.models import (
    EPOCH,
    Appointment,
    Exam,
    Feed,
    Patient,
    Referral,
    Schedule,
    Slot,
    Staff,
    WorklistRow,
)
from sites import places
from sites.models import Site, Trust
from times.london import day_in_england

OPEN_ROWS, CLOSED_A_ROW, PEOPLE_A_DAY = 20_000, 4, 60
ROUNDS = 15
PAST_DAYS = 700
SLOWER = 10
"""How many times what the control takes a page may take. Its lists count rows: a thousand times as
many are open."""
PATIENT, LIST, DAY = 8, 6, 6
"""Queries that a page may ask, from the session to the audit."""
LARGE, SMALL = "RXN", "SML"
KINDS = ("not_booked", "needs_person", "not_reached", "not_rebooked", "displaced", "breach")
AROUND = ("BEGIN", "COMMIT")
"""What opens and ends a transaction, which asks nothing."""
BATCH = 1000
HALF_HOUR, AN_HOUR = timedelta(minutes=30), timedelta(hours=1)


@dataclass(frozen=True)
class Sizes:
    """How full the two trusts are: open rows, and people of today's list."""

    rows: int = OPEN_ROWS
    people: int = PEOPLE_A_DAY
    small: int = 12


@dataclass(frozen=True)
class Page:
    """What came of one page: its queries, and the medians of both (ms)."""

    name: str
    queries: int
    most: int
    ours: float
    control: float

    @property
    def is_met(self) -> bool:
        """Whether both targets are."""
        return self.queries <= self.most and self.ours <= SLOWER * self.control

    def __str__(self) -> str:
        times = f"{self.ours:8.1f}{self.control:10.1f}"
        asked = f"{self.queries:4} of {self.most}"
        return f"  {self.name:<18}{times}{asked}   {self.ours / self.control:.1f} x"


WHOLE = Sizes()


def run(sizes: Sizes = WHOLE) -> list[Page]:
    """Fill both trusts, look at each page in turns, print and return what came of it."""
    places.clear()
    _count_on()
    _spread_the_past()
    ours, control = office(LARGE, sizes.rows, sizes.people), office(SMALL, sizes.small, 6)
    places.clear()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    count = Patient.objects.count()
    print(f"Pages, {count:,} patients, {sizes.rows:,} open rows (ms, median, in turns):")
    print("ours, a small trust's, queries")
    made = [_page(name, most, ours[name], control[name]) for name, most in PAGES.items()]
    for page in made:
        print(page)
    right = sum(page.is_met for page in made)
    met = tell("pages of 20,000 rows to a small trust's", f"{right} of {len(made)} as aimed",
               f"<= {SLOWER} x", right == len(made))  # fmt: skip
    print(f"  queries as above and at most {SLOWER} x the small trust's: {met}\n")
    return made


PAGES = {
    "patient": PATIENT, "all lists": LIST, "one list": LIST, "longest waiting": LIST,
    "closed": LIST, "day list": DAY, "all days": DAY,
}  # fmt: skip
"""Each page with its most queries."""


def _count_on() -> None:
    """Let the next keys come after those that the filling chose itself."""
    tables = [Patient, Referral, Appointment]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)


def _spread_the_past() -> None:
    """Put what the large tables have at one moment on the days of some years."""
    past = Appointment.objects.filter(status="attended")
    first, last = past.order_by("pk").first(), past.order_by("-pk").first()
    if first and last:
        step = (last.pk - first.pk) // PAST_DAYS + 1
        for number, key in enumerate(range(first.pk, last.pk + 1, step)):
            at = NOW - (number + 1) * 24 * AN_HOUR
            a_day = past.filter(pk__gte=key, pk__lt=key + step)
            a_day.update(start=at, end=at + HALF_HOUR)


def _page(name: str, most: int, ours: Callable[[], Any], control: Callable[[], Any]) -> Page:
    for look in (ours, control):
        if look().status_code != 200:
            raise SystemExit(f"{name} does not answer")
    reset_queries()  # a log that is full counts nothing
    with CaptureQueriesContext(connection) as asked:
        ours()
    # Before the next request, which empties the log.
    said = [one for one in asked.captured_queries if not one["sql"].startswith(AROUND)]
    taken = in_turns(ROUNDS, ours=ours, control=control)
    return Page(name, len(said), most, taken["ours"], taken["control"])


def office(code: str, rows: int, people: int) -> dict[str, Callable[[], Any]]:
    """Fill a trust with rows and a day, and return how its clerk looks at each page."""
    trust, _ = Trust.objects.get_or_create(code=code, defaults={"name": code})
    Feed.objects.get_or_create(trust=trust, defaults={"last_contact_at": NOW})
    site = Site.objects.create(
        slug=f"pages-{code.lower()}", name=f"Pages {code}", kind="hospital", trust=trust,
        address="", postcode="", lat=53.8, lon=-2.7,
    )  # fmt: skip
    referrals = _referrals(trust, max(rows, people))
    _rows(referrals[:rows])
    _day(site, referrals[-people:])
    user = User.objects.create_user(f"pages-{code}")
    Staff.objects.create(user=user, role=Staff.Role.LEAD).trusts.set([trust])
    browser = Client(headers={"host": "localhost"})
    browser.force_login(user)
    day = day_in_england(NOW)
    addresses = {
        "patient": f"/staff/patient/{referrals[0].patient_id}/",
        "all lists": "/staff/lists/",
        "one list": "/staff/lists/not_booked/",
        "longest waiting": "/staff/lists/not_booked/?sort=waiting",
        "closed": "/staff/lists/closed/",
        "day list": _of_day(site, day),
        "all days": "/staff/day/",
    }
    return {name: _looks(browser, address) for name, address in addresses.items()}


def _looks(browser: Client, address: str) -> Callable[[], Any]:
    return lambda: browser.get(address)


def _of_day(site: Site, day: date) -> str:
    return day_address("staff-day", place=site.slug, day=day, scan="")


def _referrals(trust: Trust, count: int) -> list[Referral]:
    """Return referrals of a trust from all over its table; make those that are missing."""
    own = Referral.objects.filter(trust=trust, ended_at=None).exclude(
        appointments__status__in=["pending", "booked"]
    )
    first, last = own.order_by("pk").first(), own.order_by("-pk").first()
    found: list[Referral] = []
    if first and last:
        step = max(1, (last.pk - first.pk) // count)
        keys = list(range(first.pk, last.pk + 1, step))[:count]
        for at in range(0, len(keys), BATCH):
            found += own.filter(pk__in=keys[at : at + BATCH]).order_by("pk")
    missing = count - len(found)
    people = Patient.objects.bulk_create(
        Patient(given_name="Ann", family_name="Small", born=date(1960, 1, 1))
        for _ in range(missing)
    )
    exam = Exam.objects.filter(retired=False, visits=1).order_by("pk")[0]
    today = day_in_england(NOW)
    return found + Referral.objects.bulk_create(
        Referral(
            code=f"{trust.code}{number:05}", patient=patient, exam=exam, trust=trust,
            urgency="routine", clock_start=today, target_day=today,
        )
        for number, patient in enumerate(people)
    )  # fmt: skip


def _rows(referrals: list[Referral]) -> None:
    """Insert an open row for each, and some that were closed lately."""
    made = []
    for number, referral in enumerate(referrals):
        kind = KINDS[number % len(KINDS)]
        made.append(_row(referral, kind, number))
        for times in range(1, CLOSED_A_ROW + 1):
            closed = {"closed_at": NOW - (number % 1000 + times) * AN_HOUR, "outcome": "reached"}
            made.append(_row(referral, kind, number, **closed))
    WorklistRow.objects.bulk_create(made, batch_size=BATCH)


def _row(referral: Referral, kind: str, number: int, **closed: Any) -> WorklistRow:
    return WorklistRow(
        kind=kind, trust_id=referral.trust_id, referral=referral, about=referral.code,
        reason="Has not booked. Phone them.", opened_at=NOW - number % 100 * AN_HOUR,
        due_at=NOW + (number % 200 - 100) * AN_HOUR, tries=number % 3, **closed,
    )  # fmt: skip


def _day(site: Site, referrals: list[Referral]) -> None:
    """Book these today at a place, one each half-hour of three lists."""
    exam = referrals[0].exam
    lists = [
        Schedule.objects.create(
            trust_id=site.trust_id, external_id=f"pages-{number}", site=site,
            modality=exam.modality, fed_at=NOW,
        )
        for number in range(3)
    ]  # fmt: skip
    slots = Slot.objects.bulk_create(
        _slot(lists[number % 3], NOW + number // 3 % 4 * HALF_HOUR, number)
        for number in range(len(referrals))
    )
    Appointment.objects.bulk_create(
        Appointment(
            reference=f"{site.trust_id}D{number:04}", referral=referral, slot=slot, site=site,
            start=slot.start, end=slot.end, status="booked", booked_at=NOW, changed_at=NOW,
        )
        for number, (referral, slot) in enumerate(zip(referrals, slots, strict=True))
    )  # fmt: skip


def _slot(schedule: Schedule, start: datetime, number: int) -> Slot:
    return Slot(
        trust_id=schedule.trust_id, external_id=f"pages-{number}", seat=0, schedule=schedule,
        site_id=schedule.site_id, modality=schedule.modality, start=start, end=start + HALF_HOUR,
        daypart="morning", weekend=False, status="free", fed_at=EPOCH, free_at=None,
    )  # fmt: skip
