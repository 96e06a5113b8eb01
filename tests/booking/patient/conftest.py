"""A patient's browser, without the browser."""

import re

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from booking.models import Referral
from booking.pages.subject import NOBODY, subject_now, subject_token
from tests import scenes


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
        fields = zip(("day", "month", "year"), born, strict=True)
        answers = {f"born[{part}]": value for part, value in fields}
        return browser.post(f"/a/{code}", {"about": "", **answers})  # its form carries nothing

    return sign_in


@pytest.fixture
def patient(client, jane, furness, sign_in):
    """Jane, signed in, who travels from Barrow."""
    sign_in()
    client.post("/where/", {"postcode": "LA14 4LF"})
    return client


def text(response):
    return response.content.decode()
