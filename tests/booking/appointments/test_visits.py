"""What an appointment says of its slots and visits."""

from datetime import timedelta

from booking.appointments import booking, holds
from booking.models import AppointmentPart
from booking.search.found import FreeTime


def test_an_appointment_says_its_slots_and_when_the_patient_is_there(jane, make_slot, now):
    first, second, third, fourth = (make_slot(hour=hour) for hour in (9, 10, 13, 14))
    holds.hold(jane, first.pk, now=now)
    made = booking.book(jane, first.pk, now=now, actor="patient")

    assert made.visits() == [(first.start, first.end)]
    assert made.slot_ids() == [first.pk]

    for position, visit, slot in [(3, 2, fourth), (2, 2, third), (1, 1, second)]:
        AppointmentPart.objects.create(
            appointment=made, slot=slot, position=position, visit=visit,
            start=slot.start, end=slot.end,
        )  # fmt: skip
    made.end = second.end

    assert made.slot_ids() == [first.pk, second.pk, third.pk, fourth.pk]
    assert made.visits() == [(first.start, second.end), (third.start, fourth.end)]
    assert made.last_end == fourth.end


def test_a_free_time_says_when_the_patient_would_be_there(now):
    hour = timedelta(hours=1)

    one = FreeTime(1, now, now + hour)
    two = FreeTime(1, now, now + hour, now + 3 * hour, now + 4 * hour)

    assert one.visits() == [(now, now + hour)]
    assert two.visits() == [(now, now + hour), (now + 3 * hour, now + 4 * hour)]
