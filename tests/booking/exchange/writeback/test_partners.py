"""Two calls of one partner at the same moment."""

from functools import partial

import pytest

from booking.appointments import holds
from booking.exchange.writeback import partners
from booking.models import Appointment, Slot
from tests import racing

pytestmark = pytest.mark.django_db(transaction=True)


at_once = partial(
    racing.at_once,
    refusals=(partners.HasAppointment, holds.SlotTaken, holds.HoldExpired),
)


def test_eight_calls_for_eight_slots_make_one_appointment_and_leave_no_slot_held(
    jane, make_slot, now
):
    slots = [make_slot(hour=9 + n) for n in range(8)]

    results = at_once(
        *[lambda s=s: partners.book(jane, [s.pk], now=now, actor="key") for s in slots]
    )

    made = [result for result in results if isinstance(result, Appointment)]
    assert [one.pk for one in made] == [Appointment.objects.get().pk]
    assert Appointment.objects.get().version == 1
    assert Slot.objects.filter(free_at=None).get().pk == made[0].slot_id


def test_the_same_call_eight_times_at_once_makes_one_appointment(jane, make_slot, now):
    slot = make_slot()

    results = at_once(
        *[lambda: partners.book(jane, [slot.pk], now=now, actor="key") for _ in range(8)]
    )

    assert sum(isinstance(result, Appointment) for result in results) >= 1
    made = Appointment.objects.get()
    assert (made.version, made.slot_id) == (1, slot.pk)
