"""The page of a held feed: a lead sees what would go, and lets it, or keeps the times."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds, undo
from booking.exchange.feeds import decisions, losses
from booking.models import Appointment, Loss, Slot, WorklistRow

PAGE = "/staff/feeds/RTX/held/"


@pytest.fixture
def lead(sign_in):
    return sign_in("lead", username="lena")


@pytest.fixture
def held(jane, make_slot, now):
    """Jane is booked on one of two times that the feed would take away."""
    slots = [make_slot(hour=9), make_slot(hour=10)]
    holds.hold(jane, slots[0].pk, now=now)
    booking.book(jane, slots[0].pk, now=now, actor="patient")
    with transaction.atomic():
        losses.add("RTX", [one.pk for one in slots], "missing", now=now)
        loss = Loss.objects.get()
        losses.hold(loss, now=now)
    return loss


def seen(browser):
    page = browser.get(PAGE).content.decode()
    return page.partition('name="seen" value="')[2].partition('"')[0]


def test_the_page_says_what_would_go_and_names_nobody(lead, held):
    page = lead.get(PAGE).content.decode()

    assert "2 times on 1 day" in page
    assert "1 person is booked on them: 1 routine; 0 within 48 hours" in page
    assert "Furness" in page
    assert "Fell" not in page


@pytest.mark.parametrize(("do", "status", "outcome"), [
    ("release", "displaced", "went_ahead"), ("keep", "booked", "times_kept"),
])  # fmt: skip
def test_a_lead_decides(lead, held, do, status, outcome):
    answer = lead.post(PAGE, {"do": do, "seen": seen(lead)}, follow=True)

    assert "Nothing is held" in answer.content.decode()
    assert Appointment.objects.get().status == status
    assert WorklistRow.objects.get(kind="feed_held").outcome == outcome


@pytest.mark.parametrize("sent", [{}, {"seen": "x"}, {"do": "release"}, {"do": "x"}])
def test_a_press_of_anything_else_does_nothing(lead, held, sent):
    lead.post(PAGE, {"seen": seen(lead), **sent} if sent.get("do") == "x" else sent)

    assert Loss.objects.get().state == "open"


def test_a_press_on_what_has_grown_since_does_nothing_and_says_so(lead, held, make_slot, now):
    old = seen(lead)
    with transaction.atomic():
        losses.add("RTX", [make_slot(hour=11).pk], "missing", now=now)

    answer = lead.post(PAGE, {"do": "release", "seen": old}, follow=True)

    assert "nothing was done" in answer.content.decode()
    assert Appointment.objects.get().status == "booked"


def test_another_trusts_lead_sees_nothing(sign_in, held, other_trust):
    lead = sign_in("lead", trusts=("RXR",))

    assert lead.get(PAGE).status_code == 404
    assert lead.post(PAGE, {"do": "release"}).status_code == 404
    assert decisions.held_losses(["RXR"]).count() == 0


@pytest.mark.parametrize(("role", "says"), [
    ("lead", "See the times, and decide"), ("clerk", "a lead decides"),
])  # fmt: skip
def test_its_row_leads_there_and_is_not_closed_by_hand(sign_in, held, role, says):
    row = WorklistRow.objects.get(kind="feed_held")
    browser = sign_in(role)

    page = browser.get(f"/staff/lists/row/{row.pk}/").content.decode()

    assert says in page
    assert "Close it" not in page


def test_a_time_that_is_off_sale_is_shown_as_gone_and_an_undo_has_it_back(held, jane, now):
    made = Appointment.objects.get()
    booking.cancel(made, made.version, now=now, actor="staff 1")
    assert Slot.objects.filter(free_at__lte=now + timedelta(days=1)).count() == 0

    undo.undo(made, made.version, now=now, actor="staff 1")

    assert Appointment.objects.get().status == "booked"
