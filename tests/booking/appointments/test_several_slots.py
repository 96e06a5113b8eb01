"""Times of several slots, joined or in two visits: held, booked and lost whole, or not at all."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from booking.appointments import booking, choices, displacing, holds, trust_answers, undo
from booking.appointments.clashes import TimesOverlap, clashes_with
from booking.appointments.time_state import TimeState, state_of
from booking.exams import overlaps
from booking.exchange.writeback import partners
from booking.identifiers.actors import PATIENT
from booking.models import (
    EPOCH,
    Appointment,
    AppointmentChange,
    AppointmentPart,
    AuditEntry,
    Exam,
    Feed,
    Referral,
    Schedule,
    Slot,
    WorklistRow,
)
from booking.referrals import ending, exam_change
from booking.worklists import chasing, nobody_lost
from notifications.models import Message
from tests.answers import answered

HALF = timedelta(minutes=30)
KINDS = ["joined", "visits"]
"""What each test is about: half hours that adjoin for a scan of an hour, or a bone scan."""


class Scene:
    """Slots, the exam that needs several of them, and who wants it."""

    def __init__(self, kind, referral, make_slot):
        """Make half hours from 9am to 5pm, and let the referral be for such an exam."""
        first = make_slot(hour=9)
        self.slots = [first] + [
            make_slot(start=first.start + n * HALF, end=first.start + (n + 1) * HALF)
            for n in range(1, 16)
        ]
        self.exam = referral.exam
        fields = {"minutes": 60} if kind == "joined" else {
            "minutes": 30, "visits": 2, "second_minutes": 60,
            "gap_min_minutes": 120, "gap_max_minutes": 240,
        }  # fmt: skip
        Exam.objects.filter(pk=self.exam.pk).update(**fields)
        self.offset = [0, 1] if kind == "joined" else [0, 5, 6]

    def keys(self, at):
        """The slots that a choice of the slot number `at` takes."""
        return [self.slots[at + more].pk for more in self.offset]


@pytest.fixture(params=KINDS)
def scene(request, jane, make_slot):
    made = Scene(request.param, jane, make_slot)
    jane.exam.refresh_from_db()
    return made


@pytest.fixture
def thomas(tom, scene):
    """Tom, who needs the same scan."""
    tom.exam.refresh_from_db()
    return tom


def held_by(referral):
    return list(
        Slot.objects.filter(held_by=referral).order_by("start").values_list("pk", flat=True)
    )


def booked():
    return set(Slot.objects.filter(free_at=None).values_list("pk", flat=True))


def free():
    return set(Slot.objects.filter(free_at=EPOCH).values_list("pk", flat=True))


def book(referral, slot, now, **options):
    held = holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, held.pk, now=now, actor=PATIENT, **options)


@pytest.fixture
def made(scene, jane, now):
    return book(jane, scene.slots[0], now)


# Holds


def test_a_hold_is_of_all_slots_and_again_renews_it(scene, jane, now):
    held = holds.hold(jane, scene.slots[0].pk, now=now)

    assert held.pk == scene.slots[0].pk
    assert held_by(jane) == scene.keys(0)
    assert set(Slot.objects.filter(held_by=jane).values_list("free_at")) == {(now + holds.HOLD,)}

    later = now + timedelta(minutes=10)
    holds.hold(jane, held.pk, now=later)
    assert held_by(jane) == scene.keys(0)
    holds.renew(jane, held.pk, now=later + timedelta(minutes=10))
    until = later + timedelta(minutes=10) + holds.HOLD
    assert set(Slot.objects.filter(held_by=jane).values_list("free_at")) == {(until,)}


def test_another_hold_lets_go_of_all_of_the_one_before(scene, jane, now):
    holds.hold(jane, scene.slots[0].pk, now=now)

    holds.hold(jane, scene.slots[3].pk, now=now)

    assert held_by(jane) == scene.keys(3)
    assert len(free()) == 16 - len(scene.keys(3))


def test_letting_go_frees_all(scene, jane, now):
    holds.hold(jane, scene.slots[0].pk, now=now)

    holds.release(jane, now=now)

    assert len(free()) == 16


def test_nothing_is_held_where_a_part_of_it_is_taken_in_that_moment(
    scene, jane, thomas, now, monkeypatch
):
    last = scene.keys(0)[-1]
    choose = choices.free_for

    def choose_and_lose(*args, **options):
        choice = choose(*args, **options)
        Slot.objects.filter(pk=last).update(free_at=now + HALF, held_by=thomas)
        return choice

    monkeypatch.setattr(choices, "free_for", choose_and_lose)
    with pytest.raises(holds.SlotTaken):
        holds.hold(jane, scene.slots[0].pk, now=now)

    assert held_by(jane) == []
    assert held_by(thomas) == [last]


def test_where_no_second_part_is_free_nothing_is_held(scene, jane, thomas, now):
    Slot.objects.exclude(pk=scene.slots[0].pk).update(free_at=now + HALF, held_by=thomas)

    with pytest.raises(holds.SlotTaken):
        holds.hold(jane, scene.slots[0].pk, now=now)

    assert held_by(jane) == []


def test_a_hold_that_ran_out_says_so_until_a_part_of_it_is_gone(scene, jane, thomas, now):
    holds.hold(jane, scene.slots[0].pk, now=now)
    late = now + holds.HOLD

    for act in (holds.renew, lambda *args, now: booking.book(*args, now=now, actor=PATIENT)):
        with pytest.raises(holds.HoldExpired):
            act(jane, scene.slots[0].pk, now=late)
    Slot.objects.exclude(pk=scene.slots[0].pk).update(free_at=None)
    for act in (holds.renew, lambda *args, now: booking.book(*args, now=now, actor=PATIENT)):
        with pytest.raises(holds.SlotTaken):
            act(jane, scene.slots[0].pk, now=late)


def test_a_hold_of_which_a_part_is_gone_is_neither_renewed_nor_booked(scene, jane, now):
    holds.hold(jane, scene.slots[0].pk, now=now)
    until = Slot.objects.get(pk=scene.slots[0].pk).free_at
    Slot.objects.filter(pk=scene.keys(0)[-1]).update(free_at=None, held_by=None, status="busy")
    Slot.objects.filter(held_by=None, status="free").update(free_at=now + HALF)

    with pytest.raises(holds.SlotTaken):
        holds.renew(jane, scene.slots[0].pk, now=now + HALF / 3)
    with pytest.raises(holds.SlotTaken):
        booking.book(jane, scene.slots[0].pk, now=now, actor=PATIENT)

    assert Slot.objects.get(pk=scene.slots[0].pk).free_at == until
    assert not Appointment.objects.exists()


def test_any_free_seats_are_held(scene, jane, thomas, now):
    for slot in list(Slot.objects.all()):
        slot.pk, slot.seat = None, 1
        slot.save()
    book(thomas, scene.slots[0], now)

    made = book(jane, scene.slots[0], now)

    assert Appointment.objects.count() == 2
    assert not {*made.slot_ids()} & {*scene.keys(0)}
    assert len(booked()) == 2 * len(scene.keys(0))


# Booking


def test_a_booking_takes_all_and_says_when(scene, made, now):
    keys = scene.keys(0)

    assert made.slot_ids() == keys
    assert booked() == set(keys)
    assert made.start == scene.slots[0].start
    assert made.end == (scene.slots[1].end if len(keys) == 2 else scene.slots[0].end)
    assert made.last_end == Slot.objects.get(pk=keys[-1]).end
    assert made.further()[0].visit == (1 if len(keys) == 2 else 2)
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_a_second_press_makes_nothing(scene, made, jane, now):
    again = booking.book(jane, scene.slots[0].pk, now=now, actor=PATIENT)

    assert (again.pk, again.version) == (made.pk, 1)
    assert AppointmentPart.objects.count() == len(scene.keys(0)) - 1


def test_a_slot_is_a_part_of_one_live_appointment(scene, made, thomas, now):
    last = Slot.objects.get(pk=scene.keys(0)[-1])
    other = book(thomas, scene.slots[2], now)

    with pytest.raises(IntegrityError), transaction.atomic():
        AppointmentPart.objects.create(
            appointment=other, slot=last, position=9, visit=1, start=last.start, end=last.end
        )


def test_a_taken_part_is_neither_offered_nor_held(scene, made, thomas, now):
    for key in scene.keys(0):
        assert state_of(Slot.objects.get(pk=key), thomas, now=now) == TimeState.TAKEN
        assert state_of(Slot.objects.get(pk=key), made.referral, now=now) == TimeState.YOURS
        with pytest.raises(holds.SlotTaken):
            holds.hold(thomas, key, now=now)


def test_what_overlaps_with_a_part_is_taken(scene, made, thomas, make_slot, now):
    last = Slot.objects.get(pk=scene.keys(0)[-1])
    rival = make_slot(start=last.start, end=last.end + 4 * HALF)

    with pytest.raises(holds.SlotTaken):
        holds.hold(thomas, rival.pk, now=now)
    assert overlaps.is_blocked(rival, now=now)


def test_nobody_books_a_part_whose_rival_another_has(scene, jane, thomas, make_slot, now):
    last = Slot.objects.get(pk=scene.keys(0)[-1])
    holds.hold(jane, scene.slots[0].pk, now=now)
    rival = make_slot(start=last.start, end=last.start + 2 * HALF, free_at=None)
    Exam.objects.update(minutes=60, visits=1)
    thomas.exam.refresh_from_db()
    Appointment.objects.create(
        reference="X", referral=thomas, slot=rival, site=rival.site, start=rival.start,
        end=rival.end, status="booked", booked_at=now, changed_at=now,
    )  # fmt: skip

    with pytest.raises(holds.SlotTaken):
        booking.book(jane, scene.slots[0].pk, now=now, actor=PATIENT)
    assert not Appointment.objects.filter(referral=jane).exists()


@pytest.mark.parametrize("to", [1, 2, 8])
def test_a_move_frees_all_of_the_old_and_takes_all_of_the_new(scene, made, jane, now, to):
    moved = book(jane, scene.slots[to], now)  # 1: it begins with a slot of the old

    assert moved.pk == made.pk
    assert moved.slot_ids() == scene.keys(to)
    assert booked() == set(scene.keys(to))
    assert len(free()) == 16 - len(scene.keys(to))


def test_a_move_to_before_shares_a_slot_with_the_old(scene, jane, now):
    book(jane, scene.slots[1], now)

    moved = book(jane, scene.slots[0], now)

    assert moved.slot_ids() == scene.keys(0)
    assert booked() == set(scene.keys(0))


def test_a_move_to_one_slot_leaves_no_part(scene, made, jane, make_slot, now):
    Exam.objects.update(minutes=30, visits=1)
    jane.refresh_from_db()
    alone = make_slot(day=9)

    moved = book(jane, alone, now)

    assert moved.slot_ids() == [alone.pk]
    assert booked() == {alone.pk}


def test_cancelling_frees_all(scene, made, now):
    booking.cancel(made, 1, now=now, actor=PATIENT)

    assert len(free()) == 16
    assert not AppointmentPart.objects.filter(live=True).exists()
    assert made.slot_ids() == scene.keys(0)  # it says what it was


def test_the_end_of_a_request_frees_all(scene, made, jane, now):
    ending.end(jane, Referral.End.NOT_WANTED, now=now, actor=PATIENT)

    assert len(free()) == 16


# Undo


def test_undoing_a_booking_frees_all(scene, jane, now):
    made = book(jane, scene.slots[0], now)

    undo.undo(made, 1, now=now, actor=PATIENT)

    assert len(free()) == 16


def test_undoing_a_cancellation_takes_all_back_or_nothing(scene, made, jane, thomas, now):
    booking.cancel(made, 1, now=now, actor=PATIENT)
    last = Slot.objects.filter(pk=scene.keys(0)[-1])
    last.update(free_at=now + HALF, held_by=thomas)

    with pytest.raises(holds.SlotTaken):
        undo.undo(made, 2, now=now, actor=PATIENT)
    assert booked() == set()

    last.update(free_at=EPOCH, held_by=None)
    back = undo.undo(made, 2, now=now, actor=PATIENT)
    assert back.slot_ids() == scene.keys(0)
    assert booked() == set(scene.keys(0))
    assert AppointmentPart.objects.filter(live=True).count() == len(scene.keys(0)) - 1


@pytest.mark.parametrize("to", [1, 8])
def test_undoing_a_move_takes_all_of_the_old_back(scene, jane, now, to):
    book(jane, scene.slots[0], now)
    made = book(jane, scene.slots[to], now)

    back = undo.undo(made, 2, now=now, actor=PATIENT)

    assert back.slot_ids() == scene.keys(0)
    assert back.start == scene.slots[0].start
    assert back.visits()[0][1] - back.start == (HALF if len(back.visits()) == 2 else 2 * HALF)
    assert booked() == set(scene.keys(0))
    assert len(free()) == 16 - len(scene.keys(0))


# What trusts do


@pytest.mark.parametrize("which", [0, -1])
def test_with_any_part_that_is_taken_away_all_is_lost(scene, made, jane, now, which):
    lost = scene.keys(0)[which]

    with transaction.atomic():
        Slot.objects.filter(pk=lost).update(status="withdrawn", free_at=None)
        displaced = displacing.cancel_by_trust([lost], now=now, actor="feed RTX")

    made.refresh_from_db()
    assert [one.pk for one in displaced] == [made.pk]
    assert made.status == "displaced"
    assert free() == set(Slot.objects.exclude(pk=lost).values_list("pk", flat=True))
    assert WorklistRow.objects.filter(kind="displaced", closed_at=None).count() == 1
    assert not nobody_lost.lost(now).exists()


def test_a_refusal_is_of_all_and_the_slots_stay_the_trusts(scene, jane, now):
    Feed.objects.update(confirms=True)
    made = book(jane, scene.slots[0], now)
    assert made.status == "pending"

    trust_answers.refuse(made, 1, now=now, actor="key ab")

    assert set(Slot.objects.filter(status="busy").values_list("pk", flat=True)) == set(
        scene.keys(0)
    )


def test_whether_they_came_is_asked_after_the_last_visit(scene, made, now):
    between = made.last_end - HALF
    chasing.open_due_rows(now=between)
    assert not WorklistRow.objects.filter(kind="unmarked").exists()
    assert not nobody_lost.lost(between).exists()

    chasing.open_due_rows(now=made.last_end)
    assert WorklistRow.objects.filter(kind="unmarked").count() == 1
    trust_answers.attended(made, 1, now=made.last_end, actor="key ab")
    assert not AppointmentPart.objects.filter(live=True).exists()


def test_who_books_again_after_the_first_visit_gives_back_the_second(scene, made, jane, now):
    after = made.start + timedelta(minutes=1)
    to_come = [part.slot_id for part in made.further()]
    later = Slot.objects.filter(start__gt=after).exclude(pk__in=to_come)[3]
    holds.hold(jane, later.pk, now=after)
    booking.book(jane, later.pk, now=after, actor=PATIENT)

    made.refresh_from_db()
    assert made.status == "did_not_attend"
    assert not set(to_come) & booked()


def test_the_trusts_hear_of_all_slots(scene, made, jane):
    from booking.exchange import fhir_resources

    change = AppointmentChange.objects.get()
    said = fhir_resources.appointment(change.appointment, reader="RTX", slot=made.slot)

    assert [one["reference"] for one in said["slot"]] == [f"Slot/{pk}" for pk in scene.keys(0)]
    assert said["start"] == made.start.isoformat()
    assert said["end"] == made.last_end.isoformat()


def test_a_partner_books_by_the_first_slot_or_names_exactly_all(scene, jane, now):
    others = [*scene.keys(0)[:-1], scene.slots[9].pk]
    with pytest.raises(partners.NotTheseSlots) as refused:
        partners.book(jane, others, now=now, actor="key ab")
    assert refused.value.slot_ids == scene.keys(0)
    assert held_by(jane) == []

    made = partners.book(jane, list(reversed(scene.keys(0))), now=now, actor="key ab")
    assert made.slot_ids() == scene.keys(0)
    moved = partners.move(made, "RTX", [scene.slots[1].pk], 1, now=now, actor="key ab")
    assert moved.slot_ids() == scene.keys(1)
    assert booked() == set(scene.keys(1))


# The exam changes


@pytest.mark.parametrize(
    ("fields", "status"), [({}, "booked"), ({"minutes": 90, "visits": 1}, "cancelled")]
)
def test_a_changed_exam_keeps_a_time_that_is_long_enough(scene, made, jane, now, fields, status):
    old = jane.exam
    other = Exam.objects.get(pk=old.pk)
    other.pk, other.code = None, "other"
    for name, value in fields.items():
        setattr(other, name, value)
    other.save()

    with transaction.atomic():
        referral = Referral.objects.select_for_update().get(pk=jane.pk)
        exam_change.change_exam(referral, other, now=now, actor=PATIENT)

    made.refresh_from_db()
    assert made.status == status


# Clashes


@pytest.fixture
def another(jane, now):
    """Another request of Jane's, for half an hour."""
    exam = Exam.objects.create(
        code="short", name="a scan", modality="MR", body_part="x", minutes=30
    )
    referral = Referral.objects.create(
        code="3XRD7JQG", patient=jane.patient, exam=exam, trust=jane.trust, urgency="routine",
        clock_start=jane.clock_start, target_day=jane.target_day,
    )  # fmt: skip
    return answered(referral)


def test_each_visit_clashes_by_itself(scene, made, another, lancaster, make_slot, now):
    last = made.further()[-1]
    at_the_same_time = make_slot(site=lancaster, start=last.start, end=last.end)
    holds.hold(another, at_the_same_time.pk, now=now)
    with pytest.raises(TimesOverlap):
        booking.book(another, at_the_same_time.pk, now=now, actor=PATIENT)

    if len(made.visits()) == 2:
        between = made.end + 2 * HALF
        meanwhile = make_slot(start=between, end=between + HALF, external_id="x")
        Slot.objects.filter(pk=meanwhile.pk).update(schedule=at_the_same_time.schedule)
        assert clashes_with(another, meanwhile, now=now) == []
        assert book(another, meanwhile, now).status == "booked"


def test_what_is_held_clashes_as_one_time(scene, jane, another, lancaster, make_slot, now):
    holds.hold(jane, scene.slots[0].pk, now=now)
    at_the_same_time = make_slot(site=lancaster, start=scene.slots[0].start, end=scene.slots[0].end)

    clashes = [one for one in clashes_with(another, at_the_same_time, now=now) if one.overlaps]

    assert [clash.slot_id for clash in clashes] == [scene.slots[0].pk]


def test_the_audit_says_which_slots(scene, made, jane, now):
    book(jane, scene.slots[8], now)

    detail = AuditEntry.objects.filter(action="moved").get().detail
    assert [detail["from_slot"], *(pk for pk, _ in detail["from_parts"])] == scene.keys(0)
    assert [detail["slot"], *(pk for pk, _ in detail["parts"])] == scene.keys(8)


def test_several_slots_of_a_schedule_that_overlaps_are_held(scene, jane, now):
    Schedule.objects.update(overlaps=True)

    holds.hold(jane, scene.slots[0].pk, now=now)
    holds.hold(jane, scene.slots[1].pk, now=now)

    assert held_by(jane) == scene.keys(1)
