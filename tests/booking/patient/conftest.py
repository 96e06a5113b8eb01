"""A patient's browser, without the browser."""

import pytest
import time_machine


@pytest.fixture
def clock(now):
    """Stand still at `now`; `clock.shift(minutes=16)` moves it."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


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
