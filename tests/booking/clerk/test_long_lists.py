"""Every list of the staff's pages: how many it has, and the way to all of them.

Each is shrunk to two rows a page and walked by its own links, while rows of it go.
"""

import re
from datetime import timedelta
from html import unescape
from itertools import chain

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.clerk import audit_views, desk_views, feeds, list_views, text_views, views
from booking.clerk.screen import about, listed
from booking.models import (
    Appointment,
    AuditEntry,
    FeedCall,
    FeedRefusal,
    Referral,
    Slot,
    WorklistRow,
)
from booking.patients import record
from booking.worklists import rows, subjects
from notifications import views as phone_views
from notifications.models import Inbound, Message
from tests.booking.clerk.conftest import text

SIZES = [
    (audit_views, "SHOWN"), (desk_views, "HELD_SHOWN"), (desk_views, "FIRST"), (views, "SHOWN"),
    (feeds, "CALLS_SHOWN"), (feeds, "REFUSALS_SHOWN"), (list_views, "A_PAGE"),
    (text_views, "SHOWN"), (about, "NOTES_SHOWN"), (phone_views, "MOST_SHOWN"),
]  # fmt: skip
CODES = ["2222222B", "2222222C", "2222222D", "2222222F", "2222222G"]


@pytest.fixture(autouse=True)
def _two_a_page(monkeypatch):
    for module, name in SIZES:
        monkeypatch.setattr(module, name, 2)


@pytest.fixture
def people(make_referral):
    """Five patients of one phone. No token in a page, which has no spaces, reads like a name."""
    return [make_referral(code=code, given_name=f"Five {n}") for n, code in enumerate(CODES)]


def walk(browser, address, part, marks):
    """Follow the links of one list; return which marks stood on each page, and what it said."""
    seen, said = [], []
    while address:
        page = text(browser.get(address))
        section = page.partition(f'id="{part}"')[2] if part else page
        ends = re.search(r'class="finder-more">(.*?)</p>', section, re.DOTALL)
        shown = section[: ends.end()] if ends else section
        seen.append([mark for mark in marks if mark in shown])
        said.append(" ".join(ends[1].split()).partition(".")[0] if ends else "")
        further = re.search(r'href="([^"]*)" rel="next"', ends[1]) if ends else None
        address = address.partition("?")[0] + unescape(further[1]) if further else ""
    return seen, said


def open_rows(people, now, kind="needs_person"):
    with transaction.atomic():
        for one in people:
            rows.open_row(kind, subjects.of_referral(one), "x", now=now, actor="x")


def book(people, make_slot, now):
    for n, one in enumerate(people):
        slot = make_slot(day=8 + n)
        holds.hold(one, slot.pk, now=now)
        booking.book(one, slot.pk, now=now, actor="patient")


NAMES = [f"Five {n}" for n in range(5)]
IN_ORDER = [NAMES[:2], NAMES[2:4], NAMES[4:]]
SAID = ["Showing 2 of 5", "Showing 3 to 4 of 5", "Showing 5 to 5 of 5"]


def test_worklists_overview_and_held_times_lead_to_all(clerk, people, make_slot, now, clock):
    open_rows(people, now)
    assert walk(clerk, "/staff/lists/", "list", NAMES) == (IN_ORDER, SAID)
    assert walk(clerk, "/staff/lists/needs_person/", "list", NAMES) == (IN_ORDER, SAID)
    said = walk(clerk, "/staff/desk/", "waits", NAMES)[1]
    assert said == ["Showing 2 of 5, the most pressing first"]
    assert walk(clerk, "/staff/overview/", "not-booked", NAMES) == (IN_ORDER, SAID)

    for n, one in enumerate(people):
        slot = make_slot(day=8, hour=9 + n)
        clerk.post(f"/staff/patient/{one.patient_id}/hold/", {
            "slot": slot.pk, "about": carried(clerk, one)
        })  # fmt: skip
        clock.shift(timedelta(seconds=1))
    assert walk(clerk, "/staff/desk/", "held", NAMES) == (IN_ORDER, SAID)

    Slot.objects.update(held_by=None, free_at=now)
    book(people, make_slot, now)
    assert walk(clerk, "/staff/overview/", "to-come", NAMES) == (IN_ORDER, SAID)
    clock.shift(timedelta(days=20))
    clerk.force_login(clerk.staff.user)
    backwards = [NAMES[3:], NAMES[1:3], NAMES[:1]]
    assert walk(clerk, "/staff/overview/", "come", NAMES) == (backwards, SAID)
    second = re.search(r"\?(come=[^\"&#]+)", text(clerk.get("/staff/overview/")))[1]
    Referral.objects.filter(pk=people[4].pk).update(ended_at=now, end_reason="done")
    page = text(clerk.get(f"/staff/overview/?{second}"))
    come = page.partition('id="come"')[2].partition("</ul>")[0]
    assert [name for name in NAMES if name in come] == NAMES[1:3], "one that ended skips none"


def carried(browser, referral):
    page = text(browser.get(f"/staff/patient/{referral.patient_id}/"))
    return re.search(r'name="about" value="([^"]+)"', page)[1]


def test_one_list_of_a_page_moves_and_the_others_stay(clerk, people, make_referral, make_slot, now):
    others = [
        make_referral(code=f"3333333{letter}", given_name=f"Else {n}")
        for n, letter in enumerate("BCDFG")
    ]
    book(others, make_slot, now)
    second = re.search(r"\?waiting=[^\"]*(?=#)", text(clerk.get("/staff/overview/")))[0]

    page = text(clerk.get(f"/staff/overview/{second}"))

    waiting, coming = page.partition('id="not-booked"')[2].split('id="to-come"')
    assert [name for name in NAMES if name in waiting] == NAMES[2:4]
    assert "Else 0" in coming
    assert "Else 2" not in coming
    both = re.search(r'href="([^"]*coming=[^"]*)#', coming)[1]
    page = text(clerk.get(f"/staff/overview/{unescape(both)}"))
    waiting, coming = page.partition('id="not-booked"')[2].split('id="to-come"')
    assert [name for name in NAMES if name in waiting] == NAMES[2:4], "where it was"
    assert "Else 2" in coming


def test_texts_replies_and_phones_lead_to_all(clerk, people, now, make_slot, settings):
    texts = []
    for n, one in enumerate(people):
        at = now + timedelta(seconds=n)
        texts.append(
            Message.objects.create(
                kind="invitation", subject=one.code, subject_version=1, dedupe_key=f"k{n}",
                to="+447700900461", to_hash="h", template="invitation.v1", body=f"Text{n}x",
                segments=1, priority=1, state="unknown", planned_at=at, due_at=at, not_after=at,
                created_at=at, updated_at=at,
            )
        )  # fmt: skip
        Inbound.objects.create(
            message_sid=f"S{n}", number="+447700900461", number_hash="h", body=f"Reply{n}x",
            received_at=at, outcome="for a clerk",
        )  # fmt: skip
    links = [f"/staff/texts/{one.pk}/" for one in texts]
    oldest_first = [links[:2], links[2:4], links[4:]]
    newest_first = [links[3:], links[1:3], links[:1]]

    assert walk(clerk, "/staff/texts/", "unknown", links) == (oldest_first, SAID)
    assert walk(clerk, "/staff/texts/", "latest", links) == (newest_first, SAID)
    assert walk(clerk, "/staff/texts/?state=unknown", "latest", links) == (newest_first, SAID)
    assert walk(clerk, "/staff/texts/", "to-read", [])[1] == SAID
    words = [f"{kind}{n}x" for n in range(5) for kind in ("Text", "Reply")]
    for address in (f"/staff/texts/phone/{texts[0].pk}/", "/demo/phone/"):
        Message.objects.update(state="delivered")
        seen, said = walk(clerk, address, "", words)
        assert sorted(chain(*seen)) == sorted(words), address
        assert said[0] == "Showing 2 of 10"
        assert said[-1] == "Showing 9 to 10 of 10"


def test_the_audit_and_who_opened_ours_lead_to_all(sign_in, people, now, trust):
    lead = sign_in("lead", username="lena")
    for n in range(5):
        AuditEntry.objects.create(
            at=now + timedelta(seconds=n), actor="patient", action="opened with a reason",
            patient=people[0].patient, detail={"reason": f"why{n}x"},
        )  # fmt: skip
    reasons = [f"why{n}x" for n in range(5)]
    newest_first = [reasons[3:], reasons[1:3], reasons[:1]]
    assert walk(lead, "/staff/audit/opened/", "audit", reasons) == (newest_first, SAID)

    asked, seen = {"user": "patient", "who": ""}, []
    while asked:
        answer = lead.post("/staff/audit/", asked)
        page = text(answer)
        seen.append([reason for reason in reasons if reason in page])
        assert "of 5" in page
        further = re.search(r'name="after" value="([^"]+)"', page)
        asked = {"user": "patient", "after": further[1]} if further else None
    assert seen == newest_first
    assert lead.post("/staff/audit/", {"user": "patient", "after": "x"}).status_code == 400


def test_feeds_notes_and_their_numbers_lead_to_all(sign_in, clerk, people, now, trust):
    lead = sign_in("lead", username="lena")
    for n in range(5):
        FeedRefusal.objects.create(trust=trust, at=now, line=n, what=f"line{n}x", code="value")
        FeedCall.objects.create(trust=trust, at=now, call=f"call{n}x", status=200)
        record.add_note(people[0].patient, f"note{n}x", clerk.staff, now=now)
    lines, calls, notes = ([f"{what}{n}x" for n in range(5)] for what in ("line", "call", "note"))

    in_order = [lines[:2], lines[2:4], lines[4:]]
    assert walk(lead, "/staff/feeds/", "refused", lines) == (in_order, SAID)
    assert walk(lead, "/staff/feeds/?trust=RTX", "refused", lines) == (in_order, SAID)
    newest_first = [calls[3:], calls[1:3], calls[:1]]
    assert walk(lead, "/staff/feeds/", "calls", calls) == (newest_first, SAID)
    newest_first = [notes[3:], notes[1:3], notes[:1]]
    screen = f"/staff/patient/{people[0].patient_id}/"
    assert walk(clerk, screen, "about", notes) == (newest_first, SAID)


def test_the_desk_shows_all_places_and_how_many_have_times(
    at_desk, make_site, make_slot, lancaster, monkeypatch
):
    monkeypatch.setattr(listed, "PLACES", 2)
    for name in "ABC":
        make_slot(site=make_site(f"Site{name}", f"LA1 {ord(name) % 9}AA", 54.1, -3.1))

    first = at_desk.screen()
    more = unescape(re.search(r'href="([^"]*)#place-3"', first)[1])
    second = at_desk.screen(query=more.partition("/")[2].rpartition("/")[2])

    for page, count in ((first, 2), (second, 4)):
        assert "3 places have times like this<" in page
        assert page.count('class="desk-place"') == count
        assert f"Showing {count} of 5 places" in page
    assert 'name="filters" value="places=4"' in second, "a form of this page comes back to it"


@pytest.mark.parametrize(
    "address",
    ["lists/?after=x", "overview/?come=1", "overview/?coming=²", "overview/?waiting=x-1",
     "desk/?held=-1", "texts/?latest=1-x", "texts/?unknown=z", "texts/?to_read=1",
     "feeds/?refused=1", "feeds/?calls=%20", "audit/opened/?after=1-1"],
)  # fmt: skip
def test_rubbish_in_a_link_answers_with_a_page(sign_in, address):
    role = "lead"
    browser = sign_in(role)

    answer = browser.get(f"/staff/{address}")

    assert answer.status_code == 400
    assert "We could not find that part of the list" in text(answer)
    assert f'href="/staff/{address.partition("?")[0]}"' in text(answer)
    assert "Staff pages" in text(answer), "with the way to all other pages"


def test_a_clerk_sees_the_error_of_a_filter_and_the_others_still_narrow(
    at_desk, make_slot, make_site
):
    make_slot()
    centre = make_site("Centre", "LA14 5AA", 54.12, -3.22, kind="cdc")
    make_slot(site=centre)

    page = at_desk.screen(query="?from=rubbish&kind=cdc")

    assert "Type the first date like" in page
    assert re.search(r'<input[^>]*value="rubbish"', page)
    assert 'type="date" value="rubbish"' not in page, "a calendar would not show it"
    assert 'id="from-error"' in page
    places = re.findall(r'class="desk-place__name">(.*?)<', page)
    assert places == ["Centre"]


def test_nothing_is_counted_that_is_not_there(clerk):
    assert not WorklistRow.objects.exists()
    assert not Appointment.objects.exists()
    page = text(clerk.get("/staff/overview/")) + text(clerk.get("/staff/lists/"))
    assert "Showing" not in page
