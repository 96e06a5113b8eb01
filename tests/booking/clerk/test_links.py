"""Whatever a page of the staff leads to, who sees it may open: links and forms, by role."""

import re
from dataclasses import replace
from html import unescape

import pytest
from django.db import transaction
from django.urls import resolve

from booking.appointments import booking, holds
from booking.clerk.caller import hold_for_caller
from booking.exchange.feeds.keys import create_key
from booking.models import Feed, FeedRefusal
from booking.worklists import rows
from booking.worklists.subjects import of_appointment
from tests.booking.clerk.test_permissions import MAY, OPEN, ROLES

MOST_PAGES = 40


@pytest.fixture
def busy(jane, tom, furness, make_slot, make_staff, now, clock):
    """Jane is booked, a time is held for Tom, each list has a row, a feed is late, a key is out."""
    jane.patient.postcode = tom.patient.postcode = "LA14 4LF"
    jane.patient.save(), tom.patient.save()
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor="patient")
    hold_for_caller(tom, make_slot(day=9).pk, make_staff(username="held"), now=now)
    with transaction.atomic():
        for kind in rows.Kind.values:
            key = str(tom.patient_id) if kind == rows.Kind.SAME_PERSON else kind
            about = replace(of_appointment(booked), key=key)
            rows.open_row(kind, about, "Ring.", now=now, actor="patient")
    create_key("RTX", now=now)
    Feed.objects.filter(trust="RTX").update(last_contact_at=None)
    FeedRefusal.objects.create(trust_id="RTX", at=now, line=1, code="value", what="No offset.")


def leads_to(page):
    """Return the addresses of staff's pages that a page links to, and those its forms go to."""
    found = [
        {unescape(address).partition("#")[0] for address in re.findall(pattern, page)}
        for pattern in (r'<a [^>]*href="([^"]*)"', r'<form [^>]*action="([^"]*)"')
    ]
    return [{one for one in some if one.startswith("/staff/")} for some in found]


@pytest.mark.parametrize("role", ROLES)
def test_every_link_and_form_that_a_role_is_shown_is_open_to_it(busy, sign_in, role):
    browser = sign_in(role, username="alex")
    to_see, seen = ["/staff/"], set()

    while to_see and len(seen) < MOST_PAGES:
        address = to_see.pop(0)
        if address in seen or "export" in address:
            continue
        seen.add(address)
        answer = browser.get(address, follow=True)
        assert answer.status_code == 200, address
        links, forms = leads_to(answer.content.decode())
        for form in forms:
            name = resolve(form.partition("?")[0]).url_name
            assert name in OPEN or role in MAY[name], f"{address} has a form for {form}"
        to_see += sorted(links - seen)

    assert len(seen) > 3
