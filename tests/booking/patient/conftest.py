"""A patient's browser, without the browser."""

import re

import pytest
import time_machine
from django.test import Client

FORM_IS_ON = {"/hold/": "/where/", "/confirm/": "/where/"}
"""A page whose forms carry the same as the one that leads here, and that changes nothing."""


class Browser(Client):
    """Posts what the page of the form carries, as it is now; `about=` posts an older page's."""

    def post(self, path, data=None, *args, **kwargs):
        """Load the page of the form and press its button."""
        if "about" not in (data or {}):
            data = {**(data or {}), **self.carried(FORM_IS_ON.get(path, path))}
        return super().post(path, data, *args, **kwargs)

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
        return browser.post(f"/a/{code}", {f"born[{part}]": value for part, value in fields})

    return sign_in


@pytest.fixture
def patient(client, jane, furness, sign_in):
    """Jane, signed in, who travels from Barrow."""
    sign_in()
    client.post("/where/", {"postcode": "LA14 4LF"})
    return client


def text(response):
    return response.content.decode()
