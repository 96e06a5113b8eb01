"""Which slots a scan can be done in: the rule by itself, and as a filter of a query."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.exams import fit
from booking.exams.fit import Misfit
from booking.models import Exam, Slot
from sites.models import Scanner, Stop
from times.london import LONDON

YES, NO, UNSAID = True, False, None


@pytest.fixture
def exam(db):
    return Exam.objects.create(
        code="MR-HEAD", name="an MRI scan of your head", modality="MR", body_part="head",
        minutes=30, contrast="gadolinium",
    )  # fmt: skip


@pytest.fixture
def stand(furness):
    """Put scanners at Furness in place of its own: what each says of contrast."""

    def stand(*contrasts, modality="MR"):
        Scanner.objects.filter(site=furness, modality=modality).delete()
        for number, contrast in enumerate(contrasts):
            Scanner.objects.create(
                site=furness, modality=modality, name=f"{modality} {number}", contrast=contrast
            )

    return stand


@pytest.fixture
def van(trust):
    def van(contrast, *sites, code="van", modality="MR"):
        scanner = Scanner.objects.create(
            trust=trust, code=code, name=code, modality=modality, contrast=contrast
        )
        for number, site in enumerate(sites):
            day = date(2026, 12, 1) + timedelta(days=number)
            Stop.objects.create(
                scanner=scanner, site=site, first_day=day, last_day=day, opens="08:00",
                closes="20:00",
            )  # fmt: skip
        return scanner

    return van


def filtered(exam, earliest=None):
    return set(fit.fitting(Slot.objects.all(), exam, earliest=earliest))


def both(exam, slot, earliest=None):
    """The reason that the rule gives, once the filter agrees."""
    reason = fit.why_not(exam, slot, earliest=earliest)
    assert (slot in filtered(exam, earliest)) is (reason is None)
    return reason


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([YES], None),
        ([UNSAID], None),
        ([], None),
        ([NO], Misfit.CONTRAST),
        ([YES, NO], Misfit.CONTRAST),
        ([NO, UNSAID], Misfit.CONTRAST),
        ([YES, UNSAID], None),
    ],
)
def test_where_a_slot_may_be_at_a_scanner_that_says_no_contrast_there_is_none(
    exam, stand, make_slot, there, expected
):
    stand(*there)
    stand(NO, modality="CT")  # of another kind: nothing to do with it
    slot = make_slot()

    assert both(exam, slot) == expected
    exam.contrast = Exam.Contrast.NONE
    assert both(exam, slot) is None


@pytest.mark.parametrize("own", [YES, NO, UNSAID])
def test_what_the_scanner_of_the_schedule_says_goes_before_those_that_stand_there(
    exam, stand, van, make_slot, own
):
    """A van that gives no contrast stands beside a hospital's scanner that does."""
    stand(not own)
    slot = make_slot()
    slot.schedule.scanner = van(own, slot.site)
    slot.schedule.save()

    assert both(exam, slot) == (Misfit.CONTRAST if own is NO else None)


@pytest.mark.parametrize(("fixed", "expected"), [([], Misfit.CONTRAST), ([YES], None)])
def test_a_van_counts_where_nothing_else_scans_and_the_schedule_names_none(
    exam, stand, van, make_slot, lancaster, fixed, expected
):
    stand(*fixed)
    slot = make_slot()
    van(NO, slot.site, lancaster)
    van(NO, slot.site, code="other", modality="CT")

    assert both(exam, slot) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1800, None), (1801, None), (1799, Misfit.TOO_SHORT), (1200, Misfit.TOO_SHORT)],
)
def test_a_slot_is_at_least_as_long_as_the_exam(exam, make_slot, seconds, expected):
    slot = make_slot()
    slot.end = slot.start + timedelta(seconds=seconds)
    slot.save()

    assert both(exam, slot) == expected


def test_a_slot_of_another_modality_is_for_another_scan(exam, make_slot):
    assert both(exam, make_slot(modality="DX")) == Misfit.MODALITY


@pytest.mark.parametrize(("late", "expected"), [(0, None), (1, Misfit.TOO_SOON)])
def test_a_slot_does_not_start_before_the_earliest(exam, make_slot, late, expected):
    slot = make_slot()

    assert both(exam, slot, slot.start + timedelta(microseconds=late)) == expected


@pytest.mark.parametrize(
    ("travel", "prepare", "minutes"),
    [
        (None, 0, 60),
        (44.9, 0, 60),
        (45.0, 0, 60),
        (45.1, 0, 65),
        (None, 240, 255),
        (45, 240, 300),
        (0, 45, 60),
        (0, 46, 61),
    ],
)
def test_notice_is_the_way_there_arriving_and_preparing_and_never_under_the_setting(
    now, settings, travel, prepare, minutes
):
    settings.NOTICE_MINUTES, settings.ARRIVAL_MINUTES = 60, 15
    exam = Exam(prepare_minutes=prepare)

    earliest = fit.earliest_start(exam, now=now, travel=travel)

    assert earliest - now == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("days", "prepare", "first"),
    [
        (0, 0, datetime(2026, 10, 23, 11, 0, tzinfo=UTC)),
        (1, 0, datetime(2026, 10, 25, 0, 0, tzinfo=LONDON)),
        (2, 0, datetime(2026, 10, 26, 0, 0, tzinfo=LONDON)),
        (1, 2880, datetime(2026, 10, 25, 10, 15, tzinfo=UTC)),
    ],
    ids=["none", "to a Sunday", "over a change of the clocks", "and more to prepare"],
)
def test_what_is_ordered_ahead_needs_whole_days_between(settings, days, prepare, first):
    settings.NOTICE_MINUTES = 60
    exam = Exam(notice_days=days, prepare_minutes=prepare)

    friday = datetime(2026, 10, 23, 10, 0, tzinfo=UTC)  # the clocks go back on Sunday
    assert fit.earliest_start(exam, now=friday) == first


def test_who_must_come_earlier_needs_longer(now):
    exam = Exam(arrive_minutes=75)

    assert fit.earliest_start(exam, now=now, travel=30) - now == timedelta(minutes=105)


def test_of_an_exam_that_nobody_chose_only_the_way_there_counts(now, settings):
    settings.NOTICE_MINUTES, settings.ARRIVAL_MINUTES = 10, 20

    assert fit.earliest_start(None, now=now, travel=30) - now == timedelta(minutes=50)


def test_the_filter_and_the_rule_give_one_answer(
    stand, van, make_slot, furness, lancaster, blackburn, now
):
    """Over slots, scanners and exams at random: what is searched is what can be booked."""
    chance = random.Random(2026)
    sites = [furness, lancaster, blackburn]
    vans = [van(contrast, *sites, code=str(contrast)) for contrast in (YES, NO, UNSAID)]
    slots = []
    for _ in range(60):
        start = now + timedelta(
            seconds=chance.randrange(8000), microseconds=chance.randrange(10**6)
        )
        length = timedelta(
            minutes=chance.choice([20, 30, 60]),
            seconds=chance.choice([-1, 0, 1]),
            microseconds=chance.randrange(-(10**6), 10**6),
        )
        slot = make_slot(
            site=chance.choice(sites), modality=chance.choice(["MR", "DX"]), start=start,
            end=start + length,
        )  # fmt: skip
        slots.append(slot)
    for round_ in range(12):
        Scanner.objects.exclude(site=None).delete()
        for site in sites:
            for number in range(chance.randrange(3)):
                Scanner.objects.create(
                    site=site, name=f"{number}", modality=chance.choice(["MR", "DX"]),
                    contrast=chance.choice([YES, NO, UNSAID]),
                )  # fmt: skip
        for schedule in {slot.schedule for slot in slots}:
            schedule.scanner = chance.choice([None, *vans])
            schedule.save()
        exam = Exam(
            modality=chance.choice(["MR", "DX"]), minutes=chance.choice([20, 30, 60]),
            contrast=chance.choice(["", "iodinated", "gadolinium"]),
        )  # fmt: skip
        earliest = chance.choice([None, now + timedelta(seconds=chance.randrange(8000))])

        fits = {slot for slot in slots if fit.why_not(exam, slot, earliest=earliest) is None}

        assert filtered(exam, earliest) == fits, round_
