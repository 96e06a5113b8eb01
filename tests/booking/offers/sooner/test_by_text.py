"""SOONER and LATER by text."""

import pytest

from booking.models import Exam, SoonerWish, WorklistRow
from notifications.models import Message
from notifications.reading import read
from tests.booking.patient.conftest import send_what_is_due

pytestmark = pytest.mark.django_db


def code_of(appointment):
    return appointment.reply_codes.get(version=appointment.version).code


def answers():
    return list(Message.objects.filter(kind="answer").order_by("created_at", "pk"))


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("SOONER 7567", "sooner"), ("sooner please", "sooner"), ("Something sooner 7567", "sooner"),
        ("I would like an earlier appointment", "sooner"), ("LATER 7567", "later"),
        ("no sooner 7567", "later"), ("NO SOONER", "later"), ("can I come sooner?", "unclear"),
        ("not sooner than Friday", "unclear"), ("I will come later", "unclear"), ("STOP", "stop"),
        ("yes but sooner", "unclear"), ("no", "no"), ("sooner or later", "unclear"),
    ],
)  # fmt: skip
def test_how_the_words_are_read(body, command):
    assert read(body).command == command


def test_sooner_with_the_code_puts_on_the_list_and_says_what_was_wished(jane, book, write, furness):
    booked = book(jane, day=20)
    assert write(f"SOONER {code_of(booked)}") == "on the list for sooner"
    wish = SoonerWish.objects.get()
    assert (wish.state, wish.notice_days, wish.door) == ("on", 2, "text")
    assert (wish.within_minutes, wish.sites) == (None, [furness.pk])  # her home is not known
    said = answers()[-1]
    assert "we will ask you by text" in said.body
    assert f"reply LATER {code_of(booked)}" in said.body
    assert said.segments <= 2


def test_from_a_known_home_it_is_whatever_is_near(make_referral, book, write, furness):
    jane = make_referral(postcode="LA14 4LF")
    write(f"SOONER {code_of(book(jane))}")
    assert SoonerWish.objects.get().within_minutes == 45


def test_later_stops_it_and_sooner_brings_the_same_wish_back(jane, book, wish, write):
    booked = book(jane)
    wish(jane, notice_days=7)
    assert write(f"LATER {code_of(booked)}") == "off the list for sooner"
    assert SoonerWish.objects.get().state == "off"
    assert "Your appointment stays" in answers()[-1].body
    assert write(f"Sooner {code_of(booked)}") == "on the list for sooner"
    assert SoonerWish.objects.get().notice_days == 7


def test_without_a_code_the_only_time_to_come_is_meant(jane, book, write):
    book(jane)
    assert write("SOONER") == "on the list for sooner"


def test_of_two_people_on_one_phone_the_code_says_who(jane, tom, book, write):
    book(jane, hour=9)
    of_tom = book(tom, hour=11)
    assert write("SOONER").startswith("for a clerk")
    assert not SoonerWish.objects.exists()
    write(f"SOONER {code_of(of_tom)}")
    assert SoonerWish.objects.get().referral == tom


def test_later_of_somebody_who_never_was_on_the_list_is_for_a_clerk(jane, book, write):
    booked = book(jane)
    assert write(f"LATER {code_of(booked)}").startswith("for a clerk")
    assert WorklistRow.objects.filter(kind="needs_person").exists()
    assert booked.referral.appointments.get().is_live


def test_what_cannot_be_sooner_is_said(jane, book, write):
    booked = book(jane)
    Exam.objects.update(notice_days=2)
    assert write(f"SOONER {code_of(booked)}") == "cannot be sooner"
    assert "can only be on that day" in answers()[-1].body
    assert not SoonerWish.objects.exists()


def test_a_code_of_a_strangers_phone_does_nothing(jane, book, write):
    booked = book(jane)
    assert write(f"SOONER {code_of(booked)}", number="+447700900999").startswith("for a clerk")
    assert not SoonerWish.objects.exists()


def test_a_code_of_an_older_version_is_enough(jane, book, write, make_slot, now):
    was = code_of(book(jane))
    send_what_is_due(now)
    book(jane, day=25)
    assert write(f"SOONER {was}") == "on the list for sooner"
