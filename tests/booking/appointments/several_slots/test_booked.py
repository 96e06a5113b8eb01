"""Times of several slots that are booked: moved, cancelled, lost, undone and told whole."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, displacing, holds, trust_answers, undo
from booking.appointments.clashes import TimesOverlap, clashes_with
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
    FreedSlot,
    Patient,
    Referral,
    Schedule,
    Slot,
    WorklistRow,
)
from booking.referrals import ending, exam_change
from booking.worklists import chasing, nobody_lost
from sites.models import Scanner
from tests.booking.appointments.several_slots.scene import HALF, book, booked, free, held_by


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


def test_a_move_from_one_slot_takes_all_of_the_new(scene, jane, make_slot, now):
    needs = {"minutes": jane.exam.minutes, "visits": jane.exam.visits}
    Exam.objects.update(minutes=30, visits=1)
    jane.refresh_from_db()
    book(jane, make_slot(day=9), now)
    Exam.objects.update(**needs)
    jane.refresh_from_db()

    moved = book(jane, scene.slots[0], now)

    assert moved.slot_ids() == scene.keys(0)


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


@pytest.mark.parametrize("scene", ["visits"], indirect=True)
def test_nothing_is_taken_back_to_a_scanner_that_cannot_do_its_part_any_more(
    scene, made, jane, now
):
    booking.cancel(made, 1, now=now, actor=PATIENT)
    last = scene.slots[scene.offset[-1]]
    van = Scanner.objects.create(site=last.site, modality="MR", name="MRI 2", hoist=False)
    schedule = Schedule.objects.create(
        trust=last.trust, external_id="van", site=last.site, modality="MR", scanner=van, fed_at=now
    )
    Scanner.objects.filter(name="MR 1").update(hoist=True)
    Slot.objects.filter(pk=last.pk).update(schedule=schedule)
    Patient.objects.update(needs=["hoist"])

    with pytest.raises(holds.SlotNotSuitable) as refused:
        undo.undo(Appointment.objects.get(), 2, now=now, actor=PATIENT)

    assert refused.value.misfit == "hoist"
    assert booked() == set()


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
    assert set(FreedSlot.objects.values_list("slot", flat=True)) == set(to_come)


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
