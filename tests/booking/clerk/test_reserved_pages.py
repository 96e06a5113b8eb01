"""The leads' page of what is kept for suspected cancer."""

import re

import pytest

from booking.models import ReservedShare, Slot
from booking.models.slot import EPOCH
from tests.booking.clerk.conftest import abouts, problems, text

PAGE = "/staff/reserved/RTX/MR/"


@pytest.fixture
def lead(sign_in):
    return sign_in("lead", username="lea")


def plain(response):
    return " ".join(re.sub(r"<[^>]*>", " ", text(response)).split())


def press(browser, percent, hours="48", about=None):
    carried = about or abouts(text(browser.get(PAGE)))[""]
    return browser.post(PAGE, {"percent": percent, "hours": hours, "about": carried})


def test_a_lead_sees_what_is_kept_and_sets_it(lead, make_slot):
    make_slot(day=8)
    assert "0%" in plain(lead.get("/staff/reserved/"))

    done = press(lead, "100")

    page = plain(lead.get(done["Location"]))
    assert "It is set. Times to come that are kept: 1." in page
    assert "100%" in page
    assert Slot.objects.get().reserved_until > EPOCH


@pytest.mark.parametrize(
    ("percent", "hours", "part"),
    [("", "48", "percent"), ("101", "48", "percent"), ("-1", "48", "percent"),
     ("x", "48", "percent"),
     ("10", "0", "hours"), ("10", "673", "hours"), ("10", "1.5", "hours")],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_box(lead, make_slot, percent, hours, part):
    make_slot(day=8)

    answer = press(lead, percent, hours)

    assert answer.status_code == 400
    assert problems(text(answer)).keys() == {part}
    assert not ReservedShare.objects.exists()


def test_a_page_that_another_lead_overtook_sets_nothing(lead, make_slot, sign_in):
    make_slot(day=8)
    seen = abouts(text(lead.get(PAGE)))[""]
    press(sign_in("lead", username="lou"), "10")

    late = press(lead, "90", about=seen)

    assert late.status_code == 409
    assert ReservedShare.objects.get().percent == 10
    assert press(lead, "90", about="forged").status_code == 409


def test_another_trusts_scan_is_not_there(sign_in, make_slot, other_trust):
    make_slot(day=8)
    stranger = sign_in("lead", trusts=("RXR",), username="sam")

    assert stranger.get(PAGE).status_code == 404
    assert "Morecambe" not in text(stranger.get("/staff/reserved/"))
