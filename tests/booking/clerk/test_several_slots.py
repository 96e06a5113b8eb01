"""A time of several slots at the desk: held, shown and listed as one."""

from booking.models import Exam, Slot
from tests.booking.clerk.conftest import text


def test_a_hold_of_several_slots_is_one_time_the_first(at_desk, clerk, jane, make_slot):
    Exam.objects.update(minutes=90)
    second = make_slot(hour=16)  # whichever the database has first
    first = make_slot(hour=15, end=second.start)
    at_desk("hold", slot=first.pk)
    assert Slot.objects.exclude(held_by=None).count() == 2

    assert 'id="held">3pm, ' in at_desk.screen()
    assert text(clerk.get("/staff/desk/")).count("held by you until") == 1
