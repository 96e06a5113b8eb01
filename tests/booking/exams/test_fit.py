"""Which slots a scan can be done in: the rule by itself, and as a filter of a query."""

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.exams import fit
from booking.exams.misfit import Misfit
from booking.exams.needed import NOTHING, Needed, needed_of
from booking.models import Exam, Slot
from sites.abilities import Abilities
from sites.models import Scanner, Stop
from times.london import LONDON

YES, NO, UNSAID = True, False, None


@pytest.fixture
def exam(db):
    return Exam.objects.create(
        code="MR-HEAD", name="an MRI scan of your head", modality="MR", body_part="head",
        minutes=30,
    )  # fmt: skip


@pytest.fixture
def dyed(exam):
    """The same exam, with a dye."""
    exam.contrast = True
    exam.save()
    return exam


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


def both(exam, slot, earliest=None, needed=NOTHING):
    """The reason that the rule gives, once the filter agrees."""
    reason = fit.why_not(exam, slot, needed=needed, earliest=earliest)
    offered = fit.fitting(Slot.objects.all(), exam, needed=needed, earliest=earliest)
    assert (slot in offered) is (reason is None)
    return reason


def change(scanner, **said):
    """Put in what a scanner says; what it said before is forgotten."""
    for name, value in (Abilities()._asdict() | said).items():
        setattr(scanner, name, list(value) if name == "excluded_exams" else value)
    scanner.save()


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([YES], None),
        ([YES, YES], None),
        ([UNSAID], Misfit.ASK_CONTRAST),
        ([], Misfit.ASK_CONTRAST),
        ([NO], Misfit.CONTRAST),
        ([YES, NO], Misfit.CONTRAST),
        ([UNSAID, NO], Misfit.CONTRAST),
        ([YES, UNSAID], Misfit.ASK_CONTRAST),
    ],
)
def test_contrast_is_given_where_every_scanner_that_it_may_be_says_so(
    dyed, stand, make_slot, there, expected
):
    """What nobody said is asked, and is no yes."""
    exam = dyed
    stand(*there)
    stand(NO, modality="CT")  # of another kind: nothing to do with it
    slot = make_slot()

    assert both(exam, slot) == expected
    exam.contrast = Exam.Contrast.NONE
    assert both(exam, slot) is None


NEEDS = [
    (Needed(weight_kg=150), {"table_kg": 150}, {"table_kg": 149}, Misfit.WEIGHT, Misfit.ASK_WEIGHT),
    (Needed(wide=True), {"wide": True}, {"wide": False}, Misfit.NARROW, Misfit.ASK_WIDE),
    (Needed(wide=True), {"bore_cm": 70}, {"bore_cm": 69}, Misfit.NARROW, Misfit.ASK_WIDE),
    (Needed(hoist=True), {"hoist": True}, {"hoist": False}, Misfit.HOIST, Misfit.ASK_HOIST),
    (Needed(step_free=True), {"step_free": True}, {"step_free": False}, Misfit.STEPS,
     Misfit.ASK_STEPS),
    (Needed(wheelchair_transfer=True), {"wheelchair_transfer": True},
     {"wheelchair_transfer": False}, Misfit.TRANSFER, Misfit.ASK_TRANSFER),
    (Needed(under_16=True), {"under_16s": True}, {"under_16s": False}, Misfit.UNDER_16,
     Misfit.ASK_UNDER_16),
    (Needed(general_anaesthetic=True), {"general_anaesthetic": True},
     {"general_anaesthetic": False}, Misfit.ANAESTHETIC, Misfit.ASK_ANAESTHETIC),
]  # fmt: skip


@pytest.mark.parametrize(("needed", "can", "cannot", "no", "unknown"), NEEDS)
def test_what_a_patient_needs_the_scanner_must_say_that_it_has(
    exam, furness, make_slot, needed, can, cannot, no, unknown
):
    slot, scanner = make_slot(), Scanner.objects.get(site=furness, modality="MR")

    assert both(exam, slot, needed=needed) == unknown
    for said, expected in ((can, None), (cannot, no)):
        change(scanner, **said)
        assert both(exam, slot, needed=needed) == expected
        assert both(exam, slot) is None


def test_a_wide_scanner_is_wide_whatever_the_width_of_its_opening(exam, furness, make_slot):
    """An open one has none; and a trust may know better than a number."""
    slot, scanner = make_slot(), Scanner.objects.get(site=furness, modality="MR")
    for wide, bore, expected in ((True, 55, None), (False, 80, Misfit.NARROW)):
        change(scanner, wide=wide, bore_cm=bore)
        assert both(exam, slot, needed=Needed(wide=True)) == expected


def test_an_exam_that_a_scanner_does_not_do_is_not_done_there(exam, furness, make_slot):
    slot, scanner = make_slot(), Scanner.objects.get(site=furness, modality="MR")

    change(scanner, excluded_exams=["MR-HEART", "MR-HEAD"])
    assert both(exam, slot) == Misfit.EXAM
    change(scanner, excluded_exams=["MR-HEART"])
    assert both(exam, slot) is None


def test_what_is_certain_is_said_before_what_nobody_knows(dyed, furness, make_slot):
    slot, scanner = make_slot(), Scanner.objects.get(site=furness, modality="MR")
    needed = Needed(weight_kg=150, hoist=True)

    change(scanner, table_kg=120)
    assert both(dyed, slot, needed=needed) == Misfit.WEIGHT
    change(scanner, table_kg=200, contrast=True)
    assert both(dyed, slot, needed=needed) == Misfit.ASK_HOIST


def test_every_reason_is_short_enough_for_a_row_and_says_to_phone_what_nobody_knows():
    for misfit in Misfit:
        assert ("Phone us" in misfit.label) is misfit.is_unknown
        assert "Phone" not in misfit.plainly
        assert len(misfit.plainly) < 100


@pytest.mark.parametrize(
    ("born", "is_child"), [(date(2010, 11, 24), False), (date(2010, 11, 25), True)]
)
def test_what_a_patient_needs_is_read_from_their_record(jane, now, born, is_child):
    """On 24 November 2026: who is 16 today is no child."""
    jane.patient.born = born
    assert needed_of(jane, now=now) == Needed(under_16=is_child)

    jane.patient.needs = ["wheelchair", "carer"]
    assert needed_of(jane, now=now) == Needed(under_16=is_child, step_free=True)
    jane.patient.needs = ["hoist"]
    assert needed_of(jane, now=now) == Needed(under_16=is_child, hoist=True)


@pytest.mark.parametrize("own", [YES, NO, UNSAID])
def test_what_the_scanner_of_the_schedule_says_goes_before_those_that_stand_there(
    dyed, stand, van, make_slot, own
):
    """A van that gives no contrast stands beside a hospital's scanner that does."""
    stand(not own)
    slot = make_slot()
    slot.schedule.scanner = van(own, slot.site)
    slot.schedule.save()

    reasons = {YES: None, NO: Misfit.CONTRAST, UNSAID: Misfit.ASK_CONTRAST}
    assert both(dyed, slot) == reasons[own]


@pytest.mark.parametrize(("fixed", "expected"), [([], Misfit.CONTRAST), ([YES], None)])
def test_a_van_counts_where_nothing_else_scans_and_the_schedule_names_none(
    dyed, stand, van, make_slot, lancaster, fixed, expected
):
    stand(*fixed)
    slot = make_slot()
    van(NO, slot.site, lancaster)
    van(NO, slot.site, code="other", modality="CT")

    assert both(dyed, slot) == expected


def test_what_comes_elsewhere_or_is_of_another_kind_says_nothing_of_a_slot(
    dyed, stand, van, make_slot, lancaster
):
    stand()
    slot, other = make_slot(), make_slot(site=lancaster)
    van(YES, slot.site)
    van(NO, slot.site, code="other", modality="CT")
    elsewhere = van(NO, lancaster, code="elsewhere")
    assert both(dyed, slot) is None

    other.schedule.scanner = elsewhere
    other.schedule.save()
    assert both(dyed, slot) is None
    assert both(dyed, other) == Misfit.CONTRAST


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


@pytest.fixture
def joined(exam, make_slot):
    """A scan that takes two slots, and two that adjoin."""
    exam.minutes = 60
    first = make_slot()
    return first, make_slot(start=first.end, end=first.end + timedelta(minutes=30))


@pytest.mark.parametrize(("minutes", "is_found"), [(0, True), (1, False)])
def test_a_short_time_is_found_while_the_next_can_be_had(exam, joined, now, minutes, is_found):
    first, second = joined
    held_until = now + timedelta(minutes=minutes)
    Slot.objects.filter(pk=second.pk).update(free_at=held_until)

    found = fit.fitting(Slot.objects.all(), exam, now=now)

    assert list(found) == [first] * is_found


@pytest.mark.parametrize("presses", [True, False])
def test_a_time_is_joined_with_one_kept_for_suspected_cancer_for_that_alone(
    exam, joined, now, presses
):
    first, second = joined
    Slot.objects.filter(pk=second.pk).update(reserved_until=second.start)

    found = fit.fitting(Slot.objects.all(), exam, needed=Needed(presses=presses), now=now)

    assert list(found) == [first] * presses
