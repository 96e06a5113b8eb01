"""From "it is lost" to everybody's end: frozen, found, confirmed, told."""

from booking.models import Appointment, LostClinic, LostPerson, Offer, WorklistRow
from booking.offers.lost import confirming
from notifications.models import Message
from tests.booking.offers.lost.conftest import LEAD, on_sale


def test_what_is_lost_is_off_sale_and_everybody_booked_is_listed_and_nobody_told(day, book_on):
    jane = book_on()

    clinic = day.say()

    clinic.refresh_from_db()
    assert clinic.state == "found"
    assert on_sale(day.schedule) == 0
    person = LostPerson.objects.get()
    assert (person.referral, person.state) == (jane, "held")
    assert person.slot.site.name == "Lancaster"
    assert Appointment.objects.get().status == "booked"
    assert not Message.objects.filter(kind__in=["displaced", "offer"]).exists()


def test_once_confirmed_each_is_asked_about_the_time_that_is_held(day, book_on, now):
    jane = book_on()
    clinic = day.say()

    confirming.confirm(clinic, now=now, actor=LEAD)
    day.work()

    assert day.state_of(jane) == "asked"
    assert Appointment.objects.get().status == "displaced"
    offer = Offer.objects.get()
    assert (offer.why, offer.channel, offer.state) == ("displaced", "text", "open")
    assert offer.slot == LostPerson.objects.get().slot
    assert Message.objects.filter(kind="offer_displaced").count() == 1
    assert not Message.objects.filter(kind="displaced").exists()
    assert not WorklistRow.objects.exists()


def test_saying_it_twice_does_nothing(day, book_on, now):
    book_on()

    first = day.say()
    second = day.say()

    assert first.pk == second.pk
    assert LostClinic.objects.count() == LostPerson.objects.count() == 1
