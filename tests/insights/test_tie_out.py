"""Figures tie out to the row: equal to a plain count of the rows, whatever is asked of them."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

import pytest

from booking.models import Appointment, AuditAction, Exam, Patient, Referral, Schedule, Slot
from insights import keeping
from insights.building import count
from insights.days import at
from insights.measures import COUNTERS
from insights.reading import Amount, Filters, amounts
from sites.models import Site, Trust
from tests.insights.plain_count import PlainCount, fits

FIRST, TODAY = date(2026, 9, 20), date(2026, 11, 5)  # the clock goes back in between
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
TRUSTS = ("RTX", "RXN", "RXL")
STATUSES = ["attended", "attended", "did_not_attend", "cancelled", "booked", "displaced"]
URGENCIES = ["suspected_cancer", "urgent", "routine", "planned"]
CLOCKS = [time(0, 0), time(7, 59), time(8, 0), time(12), time(17, 59), time(18, 0), time(23, 59)]
NEEDS = [[], [], ["wheelchair"], ["interpreter"], ["bsl_interpreter", "wheelchair"]]
ROWS = 250


@pytest.fixture
def dice():
    return random.Random(16)


@pytest.fixture
def scene(db, dice):
    """Rows of three trusts' places, at every edge of days, hours, ages and waits."""
    sites = []
    for number, code in enumerate(TRUSTS):
        trust = Trust.objects.create(code=code, name=code)
        for kind in ("hospital", "cdc"):
            sites.append(Site.objects.create(
                slug=f"{code}-{kind}".lower(), name=f"{code} {kind}", kind=kind, trust=trust,
                address="1 Road", postcode="LA1 4RP", lat=54.0, lon=-2.8 - number,
            ))  # fmt: skip
    exams = [
        Exam.objects.create(code=f"{modality}-1", name="a scan", modality=modality,
                            body_part="knee", minutes=30, preparation="None")
        for modality in ("CT", "MR", "US")
    ]  # fmt: skip
    schedules = {
        site.pk: Schedule.objects.create(
            trust=site.trust, external_id=site.slug, site=site, modality="MR", fed_at=NOW
        )
        for site in sites
    }
    for number in range(ROWS):
        _row(dice, number, dice.choice(sites), dice.choice(exams), schedules)
    return sites


def _row(dice, number, site, exam, schedules):
    day = FIRST + timedelta(days=dice.randrange((TODAY - FIRST).days + 1))
    begins = at(day, dice.choice(CLOCKS))
    patient = Patient.objects.create(
        given_name="P", family_name=f"N{number}", born=_born(dice, day),
        mobile=dice.choice(["", "+447700900461"]), needs=dice.choice(NEEDS),
    )  # fmt: skip
    letters = "23456789BCDFGHJK"
    code = "2222" + "".join(letters[number >> shift & 15] for shift in (12, 8, 4, 0))
    referral = Referral.objects.create(
        code=code, patient=patient, exam=exam, trust_id=dice.choice(TRUSTS),
        urgency=dice.choice(URGENCIES), target_day=day,
        clock_start=day - timedelta(days=dice.choice([0, 6, 7, 41, 42, 90, 91, 200])),
    )  # fmt: skip
    Referral.objects.filter(pk=referral.pk).update(created_at=at(FIRST))
    if dice.random() < 0.3:
        Referral.objects.filter(pk=referral.pk).update(
            ended_at=at(FIRST + timedelta(days=dice.randrange(40)), dice.choice(CLOCKS)),
            end_reason="withdrawn", ended_by="clock",
        )  # fmt: skip
    if dice.random() < 0.2:
        return
    slot = Slot.objects.create(
        trust=site.trust, external_id=str(number), seat=0, schedule=schedules[site.pk], site=site,
        modality=exam.modality, start=begins, end=begins + timedelta(minutes=30),
        daypart="morning", weekend=False, status="free", fed_at=NOW, free_at=None,
    )  # fmt: skip
    Appointment.objects.create(
        reference=f"R{number:07}", referral=referral, slot=slot, site=site, start=begins,
        end=slot.end, status=dice.choice(STATUSES), booked_at=begins, changed_at=begins,
    )  # fmt: skip


def _born(dice, day):
    years = dice.choice([0, 15, 16, 39, 40, 59, 60, 74, 75, 90])
    born = day.replace(year=day.year - years)
    return born + timedelta(days=dice.choice([-1, 0, 1]))


def naive(counter):
    """Return of each thing that is counted what it is known by, and what it adds."""
    return [(one.known, 1, one.total) for one in PlainCount(date(2026, 9, 1), TODAY).of(counter)]


def plain(counter, rows, by, filters):
    found = defaultdict(Amount)
    for known, n, total in rows:
        if fits(counter, known, filters, by):
            key = known[by]
            found[key] = Amount(found[key].n + n, found[key].total + total)
    return dict(found)


def read(counter, by, filters):
    found = defaultdict(Amount)
    for by_key in amounts([counter], by, filters).values():
        for key, one in by_key.items():
            found[key] = Amount(found[key].n + one.n, found[key].total + one.total)
    return dict(found)


PLACE, PERSON, NEED = ["site", "kind", "hours"], ["decile", "age"], ["needs"]


def any_filters(dice, sites):
    """Return filters, and what to read by, that one table has together."""
    choices = {
        "trust": TRUSTS, "modality": ("CT", "MR", "US", "NM"), "urgency": URGENCIES,
        "site": [one.pk for one in sites], "kind": ("hospital", "cdc", "mobile"),
        "hours": range(4), "decile": range(3), "age": range(6), "needs": (1, 2, 4),
    }  # fmt: skip
    group = dice.choice([[], PLACE, PERSON, NEED])
    names = ["trust", "modality", *([] if group == NEED else ["urgency"]), *group]
    asked = {name: dice.choice(list(choices[name])) for name in names if dice.random() < 0.35}
    # A request that is corrected is counted at the ends of earlier months too, since its clock.
    months = [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)]
    asked |= {"first": dice.choice([months[0], *months]), "last": dice.choice([*months, None])}
    by = dice.choice(["month", *(name for name in names if name != "needs")])
    return by, Filters(**asked)


def ties_out(dice, sites, asks):
    counted = {one: naive(one) for one in (
        "scans", "waiting", "waiting_from_referral", "booked", "did_not_attend",
    )}  # fmt: skip
    some = 0
    for _ in range(asks):
        counter = dice.choice(list(counted))
        by, filters = any_filters(dice, sites)
        expected = plain(counter, counted[counter], by, filters)
        assert read(counter, by, filters) == expected, (counter, by, filters)
        some += bool(expected)
    assert some > asks / 4, "most questions found nothing: the test would be blind"


def test_a_thousand_questions_are_answered_as_a_plain_count_answers_them(scene, dice):
    keeping.rebuild(FIRST - timedelta(days=1), TODAY, NOW)

    ties_out(dice, scene, 1000)


def test_days_counted_in_any_order_and_twice_are_the_same(scene, dice):
    days = [FIRST + timedelta(days=n) for n in range((TODAY - FIRST).days + 1)] * 2
    dice.shuffle(days)
    while days:
        count({days.pop() for _ in range(min(len(days), 9))}, COUNTERS, today=TODAY)

    ties_out(dice, scene, 100)


def test_late_corrections_are_counted_by_the_next_run(scene, dice):
    """Moved over midnight on the 31st, attended after all, another urgency: days long past."""
    from booking.changes import audit
    from booking.identifiers.actors import CLOCK

    keeping.rebuild(FIRST - timedelta(days=1), TODAY, NOW)
    later = NOW + timedelta(minutes=30)
    some = list(Appointment.objects.select_related("referral").order_by("pk"))
    for one in dice.sample(some, 60):
        act = dice.choice(["move", "status", "urgency"])
        if act == "move":
            day = dice.choice([date(2026, 9, 30), date(2026, 10, 31), date(2026, 10, 25)])
            one.start = at(day, time(23, 59)) + dice.choice([timedelta(0), timedelta(minutes=1)])
        elif act == "status":
            one.status = dice.choice(STATUSES[:4])
        else:
            Referral.objects.filter(pk=one.referral_id).update(urgency=dice.choice(URGENCIES))
            audit.write(AuditAction.URGENCY_CHANGED, now=later, actor=CLOCK, referral=one.referral)
            continue
        one.changed_at = later
        one.save()

    keeping.keep(later + timedelta(minutes=1))

    ties_out(dice, scene, 300)


def test_a_request_that_comes_in_late_waited_at_the_ends_of_months_past(scene, dice):
    keeping.rebuild(FIRST - timedelta(days=1), TODAY, NOW)
    Referral.objects.filter(appointments=None, clock_start__lt=date(2026, 9, 1)).update(
        created_at=NOW + timedelta(minutes=1), clock_start=date(2026, 9, 1), ended_at=None,
        end_reason="",
    )  # fmt: skip

    days = keeping.keep(NOW + timedelta(minutes=30))

    assert days == keeping.last_days(NOW), "no day's acts are counted again for it"
    ties_out(dice, scene, 200)


def test_an_unchanged_hour_is_cheap(scene):
    keeping.rebuild(FIRST - timedelta(days=1), TODAY, NOW)

    assert keeping.keep(NOW + timedelta(hours=1)) == keeping.last_days(NOW)


def test_two_do_not_count_at_once_and_who_died_is_followed(scene):
    keeping.claim(NOW)

    with pytest.raises(keeping.AlreadyCounting):
        keeping.keep(NOW + timedelta(minutes=59))
    with pytest.raises(keeping.AlreadyCounting):
        keeping.rebuild(FIRST, TODAY, NOW)
    assert keeping.keep(NOW + timedelta(minutes=61)) == keeping.last_days(NOW)
    keeping.claim(NOW)


def test_no_row_of_a_patient_goes_through_the_process(scene, django_assert_max_num_queries):
    """A day is a fixed number of statements, and none of them gives rows back."""
    with django_assert_max_num_queries(10 * len(COUNTERS)) as made:
        count([date(2026, 10, 1)], [one for one in COUNTERS if not one.is_stock], today=TODAY)

    selects = [one["sql"] for one in made.captured_queries if one["sql"].startswith("SELECT")]
    assert not [sql for sql in selects if "booking_patient" in sql]
