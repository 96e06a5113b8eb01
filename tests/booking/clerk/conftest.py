"""A clerk of Jane's trust at the desk, a colleague, and a clerk of another trust."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from booking.appointments import booking, holds
from booking.models import Appointment, Referral, WorklistRow
from booking.pages.subject import Subject, subject_now, subject_of, subject_token
from booking.referrals.replacing import version_of
from booking.worklists import rows
from booking.worklists.subjects import of_referral
from sites.models import Trust


@pytest.fixture
def clock(now):
    """Stand still at `now`; `clock.shift(minutes=16)` moves it."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def other_trust(db):
    return Trust.objects.create(code="RXR", name="East Lancashire Hospitals")


@pytest.fixture
def sign_in(clock, make_staff, trust):
    """Return a browser of a new staff member who passed both factors."""

    def sign_in(role="clerk", trusts=("RTX",), username=None):
        browser = Client()
        browser.staff = make_staff(role, trusts, username)
        browser.force_login(browser.staff.user)
        return browser

    return sign_in


@pytest.fixture
def clerk(sign_in):
    return sign_in(username="carol")


@pytest.fixture
def at_desk(clerk, jane, furness):
    """The clerk with Jane's screen open; `act` posts one of its forms."""
    jane.patient.postcode = "LA14 4LF"
    jane.patient.save()

    def act(what, browser=clerk, referral=jane, **fields):
        if "about" not in fields:
            fields["about"] = carried(what, browser, referral)
        return browser.post(f"/staff/patient/{referral.patient_id}/{what}/", fields)

    def carried(what, browser=clerk, referral=jane):
        """What a form of the screen carries now; of another, if that one is not on it."""
        screen = f"/staff/patient/{referral.patient_id}/"
        forms = abouts(text(browser.get(f"{screen}?referral={referral.pk}")))
        return forms.get(f"{screen}{what}/") or next(iter(forms.values()), "")

    def after(answer, browser=clerk):
        """The page that the browser is sent to when a form was answered."""
        assert answer.status_code == 302
        return text(browser.get(answer["Location"]))

    act.after = after
    act.carried = carried
    act.screen = lambda browser=clerk, query="": text(
        browser.get(f"/staff/patient/{jane.patient_id}/{query}")
    )
    return act


def text(response):
    return response.content.decode()


def problems(page):
    """What the error summary says, by the part of the page that it links to."""
    summary = page.partition("There is a problem")[2].partition("</ul>")[0]
    links = re.findall(r'<a href="#([^"]*)"[^>]*>(.*?)</a>', summary, re.DOTALL)
    return {part: words.strip() for part, words in links}


@pytest.fixture
def booked(at_desk, jane, make_slot, clock):
    slot = make_slot()
    about = subject_token(subject_now(jane))  # what the screen carries, without showing it twice
    at_desk("hold", slot=slot.pk, about=about)
    at_desk("book", slot=slot.pk, reason="phoned", about=about)
    clock.shift(timedelta(minutes=1))
    return Appointment.objects.get()


def form_of(appointment):
    """What a form carries that is about this appointment, as it was read."""
    return {"about": subject_token(subject_of(appointment.referral, appointment))}


def shown_of(referral):
    """What a form carries that changes this referral, as it is now."""
    referral.refresh_from_db()
    about = subject_token(Subject(referral.patient_id, referral.pk))
    return {"about": about, "seen": version_of(referral)}


def confirm_of(response):
    """Return what the page of an end asks to be sent back, so that it is about what was seen."""
    return re.search(r'name="confirm" value="([^"]*)"', text(response))[1]


def abouts(page):
    """What the forms of a page carry, by the address that each posts to; the first of each.

    A form that posts to its own page has an empty address here, also where it says so by "?".
    """
    found = {}
    for form in re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL):
        about = re.search(r'name="about" value="([^"]+)"', form)
        address = re.search(r'<form[^>]*action="([^"]*)"', form)
        if about:
            own = not address or address[1].startswith("?")
            found.setdefault("" if own else address[1], about[1])
    return found


@pytest.fixture
def wait(make_referral, now, clock):
    """Put a new patient on a list; the fields are the row's, or of the referral's urgency."""
    codes = iter("2222222" + letter for letter in "BCDFGHJKMN")

    def wait(name, kind="not_booked", urgency="routine", appointment=None, **fields):
        referral = make_referral(code=next(codes), given_name=name)
        Referral.objects.filter(pk=referral.pk).update(urgency=urgency)
        referral.refresh_from_db()
        with transaction.atomic():
            row = rows.open_row(kind, of_referral(referral), "Phone.", now=now, actor="clock")
        WorklistRow.objects.filter(pk=row.pk).update(appointment=appointment, **fields)
        return WorklistRow.objects.get(pk=row.pk)

    return wait


@pytest.fixture
def lost(jane, make_slot, now, clock):
    """Jane's booked time, as an appointment that rows are about."""
    slot = make_slot(day=3)
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")
