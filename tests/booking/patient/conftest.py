"""A patient's browser, without the browser."""

import re

import pytest
import time_machine
from django.conf import settings
from django.db.models import F
from django.test import Client

from booking.appointments import booking, holds
from booking.models import Referral
from booking.pages.subject import NOBODY, subject_now, subject_token
from notifications import replies
from notifications.models import Message
from tests import scenes
from tests.booking.signing_in import prove


@scenes.can_be_copied
class Browser(Client):
    """Posts what a page of now would carry; `about=` posts an older page's."""

    def post(self, path, data=None, *args, **kwargs):
        """Press the button of a form whose page was loaded this moment."""
        return super().post(path, {"about": self._about_now(), **(data or {})}, *args, **kwargs)

    def _about_now(self):
        known = settings.SESSION_COOKIE_NAME in self.cookies  # to look would begin a session
        key = self.session.get("referral", 0) if known else 0
        referral = Referral.objects.filter(pk=key).first()
        return subject_token(subject_now(referral) if referral else NOBODY)

    def carried(self, page):
        """Return what the forms of a page carry; empty if it has none."""
        found = re.search(r'name="about" value="([^"]+)"', text(self.get(page)))
        return {"about": found[1]} if found else {}


@pytest.fixture
def clock(now):
    """Stand still at `now`; `clock.shift(minutes=16)` moves it."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def client():
    return Browser()


@pytest.fixture
def sign_in(client, clock):
    def sign_in(code="7KQ49CRB", born=("12", "3", "1961"), browser=client):
        return prove(browser, code, born)

    return sign_in


@pytest.fixture
def patient(client, jane, furness, sign_in):
    """Jane, signed in, who travels from Barrow."""
    sign_in()
    client.post("/where/", {"postcode": "LA14 4LF"})
    return client


def text(response):
    return response.content.decode()


JANES = "+447700900461"


@pytest.fixture
def booked(make_slot, now):
    """Book a time for somebody; return the appointment."""

    def booked(referral, **slot):
        place = make_slot(**{"day": 20, **slot})
        holds.hold(referral, place.pk, now=now)
        return booking.book(referral, place.pk, now=now, actor="patient")

    return booked


@pytest.fixture
def write(now):
    """Send us a text as a patient does; return what was done."""
    count = iter(range(1000))

    def write(body, number=JANES, at=None, **more):
        at = at or now
        send_what_is_due(at)
        fields = {"number": number, "body": body, "opt_out_type": "", "now": at, **more}
        reply = replies.keep(f"SM{next(count)}", **fields)
        replies.handle(reply, at)
        reply.refresh_from_db()
        return reply.outcome

    return write


def send_what_is_due(at):
    """Put on the wire what is due, as a worker does."""
    due = Message.objects.filter(state__in=("scheduled", "ready"), due_at__lte=at, wire_at=None)
    due.update(state="accepted", wire_at=F("due_at"), accepted_at=at)
