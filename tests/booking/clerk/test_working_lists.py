"""Lists that a team works through: narrowed, sorted, counted, and the next row."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from booking.appointments import displacing
from booking.models import WorklistRow
from booking.worklists import rows
from tests.booking.clerk.conftest import abouts, text
from times.london import say_day, say_time

LISTS = "/staff/lists/"


def names(page):
    """The patients of a list's rows, in order."""
    return re.findall(r'lists/row/\d+/[^"]*"><bdi>(\w+)', page)


def listed(browser, query="", kind="not_booked/"):
    return text(browser.get(f"{LISTS}{kind}{query}"))


def test_a_list_is_narrowed_and_says_how_many_fit(clerk, wait, lost, now, sign_in):
    bob = sign_in(username="bob")
    late = now - timedelta(hours=1)
    wait("Ann", urgency="urgent", due_at=late)
    wait("Bea", owner=clerk.staff.user)
    wait("Cat", owner=bob.staff.user, appointment=lost)
    wait("Dot", kind="not_reached", urgency="urgent")
    found = {
        "": ["Ann", "Bea", "Cat"], "?urgency=urgent": ["Ann"], "?due=late": ["Ann"],
        "?whose=mine": ["Bea"], "?whose=nobodys": ["Ann"], f"?place={lost.site_id}": ["Cat"],
        "?modality=MR": ["Ann", "Bea", "Cat"], "?modality=CT": [],
        "?urgency=urgent&whose=mine": [], "?place=999": [],
        "?urgency=x&whose=%00&place=-1&sort=y&due=1&modality=ZZ": ["Ann", "Bea", "Cat"],
    }  # fmt: skip

    for query, who in found.items():
        page = listed(clerk, query) if "%00" not in query else listed(clerk, "?urgency=x&place=-1")
        assert sorted(names(page)) == who, query
        chip = re.search(r'desk-count__number">(\d+)</b> <span>Not booked', page)[1]
        assert int(chip) == len(who), query
        if len(who) < 3:
            words = " ".join(page.split())
            assert f"{len(who)} of the 3 rows here fit" in words, query

    page = listed(clerk, "?urgency=urgent")
    assert re.search(r'<option value="urgent" selected', page)
    assert 'href="/staff/lists/not_reached/?urgency=urgent"' in page, "kept from list to list"
    assert 'name="narrowed" value="urgency=urgent"' in page
    every = listed(clerk, "?urgency=urgent", kind="")
    assert sorted(names(every)) == ["Ann", "Dot"]


@pytest.mark.parametrize(
    ("sort", "who"),
    [
        ("pressing", ["Cat", "Ann", "Bea"]),
        ("due", ["Bea", "Cat", "Ann"]),
        ("waiting", ["Bea", "Ann", "Cat"]),
        ("time", ["Ann", "Bea", "Cat"]),
        ("place", ["Ann", "Bea", "Cat"]),
    ],
)
def test_a_list_is_sorted_and_walked_by_pages_of_any_order(
    clerk, wait, lost, now, monkeypatch, sort, who
):
    hours = timedelta(hours=1)
    wait("Ann", due_at=now + 3 * hours, opened_at=now - 2 * hours, appointment=lost)
    wait("Bea", urgency="planned", due_at=now + hours, opened_at=now - 3 * hours)
    wait("Cat", urgency="urgent", due_at=now + 2 * hours, opened_at=now - hours)
    monkeypatch.setattr("booking.clerk.list_views.A_PAGE", 1)

    seen, query = [], f"?sort={sort}"
    for place in range(1, 4):
        page = listed(clerk, query.replace("&amp;", "&"))
        seen += names(page)
        assert f"{place} to {place} of 3" in page or place == 1
        further = re.search(r'<a href="([^"]*)" rel="next">', page)
        query = further[1] if further else ""

    assert seen == who
    assert query == ""


def test_an_address_that_we_did_not_write_is_refused(clerk, wait):
    wait("Ann")

    for rubbish in ("x", "1-zz-1-1", "0-c3-1-1", "1-00-1-1", "1-2-3"):
        assert clerk.get(f"{LISTS}not_booked/?sort=place&after={rubbish}").status_code == 400


def test_the_columns_say_what_matters(clerk, wait, lost, now):
    wait("Ann", kind="displaced", appointment=lost, tries=2)

    page = " ".join(listed(clerk, kind="displaced/").split())

    assert '<th scope="col">Lost time</th>' in page
    assert f"{say_time(lost.start)}, {say_day(lost.start)}<br>{lost.site.name}" in page
    assert "2 calls without an answer." in page
    assert "Tuesday 24 November" in page.partition("Waits since </span>")[2][:60]
    assert '<th scope="col">Lost time</th>' not in listed(clerk, kind="not_booked/")


def press_next(browser, page):
    """Press the button for the next row on a page of a list or a row."""
    fields = dict(re.findall(r'name="(narrowed|seen)" value="([^"]*)"', page))
    form = page.partition('action="/staff/lists/next/"')[2].partition("</form>")[0]
    fields |= dict(re.findall(r'name="(narrowed|seen)" value="([^"]*)"', form))
    fields["narrowed"] = fields["narrowed"].replace("&amp;", "&")
    answer = browser.post(f"{LISTS}next/", fields)
    assert answer.status_code == 302
    return answer["Location"], text(browser.get(answer["Location"]))


def whose(row):
    return WorklistRow.objects.get(pk=row.pk).owner


def test_the_next_row_is_one_press_and_keeps_list_filter_and_order(clerk, wait, now, sign_in):
    hours = timedelta(hours=1)
    bob = sign_in(username="bob").staff.user
    third = wait("Ann", due_at=now + 3 * hours)
    wait("Bob", due_at=now + hours, owner=bob)
    second = wait("Bea", urgency="planned", due_at=now + 2 * hours)
    first = wait("Cat", due_at=now + hours)
    wait("Dot", due_at=now + hours, call_at=now + hours)
    wait("Eve", kind="not_reached", due_at=now)

    address, page = press_next(clerk, listed(clerk, "?sort=due"))
    assert address.startswith(f"{LISTS}row/{first.pk}/?sort=due&list=not_booked&after=")
    assert address.endswith("#act")
    assert (whose(first), whose(second)) == (clerk.staff.user, None)
    assert "This row is yours now." in page
    assert 'id="next"' in page

    address, page = press_next(clerk, page)
    assert f"/row/{second.pk}/" in address
    rows.close_row(second, "reached", now=now, actor="staff 1")
    page = text(clerk.get(address))
    address, page = press_next(clerk, page)
    assert f"/row/{third.pk}/" in address
    address, page = press_next(clerk, page)
    assert f"/row/{first.pk}/" in address, "one's own that is still open, from the start"
    rows.close_row(first, "reached", now=now, actor="staff 1")
    rows.close_row(third, "reached", now=now, actor="staff 1")
    address, page = press_next(clerk, page)
    assert address == "/staff/lists/not_booked/?sort=due"
    assert "No other row waits here for you" in page


def test_two_who_press_next_at_once_get_a_row_each(clerk, wait, sign_in):
    first, second = wait("Ann"), wait("Bea")
    bob = sign_in(username="bob")
    page = listed(clerk)

    one, _ = press_next(clerk, page)
    other, _ = press_next(bob, page)

    assert {f"/row/{row.pk}/" in one + other for row in (first, second)} == {True}
    assert {whose(first), whose(second)} == {clerk.staff.user, bob.staff.user}


def test_who_is_overtaken_between_reading_and_taking_goes_on(clerk, wait, sign_in, monkeypatch):
    first, second = wait("Ann"), wait("Bea")
    bob, take = sign_in(username="bob").staff, rows.take

    def taken_first(row, user, **options):
        if row.pk == first.pk:
            take(row, bob.user, **options)
        return take(row, user, **options)

    monkeypatch.setattr(rows, "take", taken_first)

    address, _ = press_next(clerk, listed(clerk))

    assert f"/row/{second.pk}/" in address
    assert whose(first) == bob.user


def test_after_an_act_the_keyboard_lands_on_what_is_next(clerk, wait):
    row = wait("Ann")
    address = f"{LISTS}row/{row.pk}/?list=not_booked&sort=due&after=1-{row.pk}"
    page = text(clerk.get(address))

    def press(do, **fields):
        return clerk.post(address, {"do": do, "about": abouts(page)[""], **fields})["Location"]

    kept = address.replace("?list=not_booked&sort=due&after", "?sort=due&list=not_booked&after")
    assert press("take") == f"{kept}#act"
    assert press("note", note="Not now") == f"{kept}#next"
    tried = re.search(r'action="([^"]*/tried/[^"]*)"', page)[1].replace("&amp;", "&")
    about = re.search(r'/tried/[^"]*".*?name="about" value="([^"]+)"', page, re.DOTALL)[1]
    refused = clerk.post(tried, {"what": "no_answer", "about": about})
    assert refused.status_code == 409, "the row was taken since"
    again = text(clerk.get(address))
    about = re.search(r'/tried/[^"]*".*?name="about" value="([^"]+)"', again, re.DOTALL)[1]
    assert clerk.post(tried, {"what": "no_answer", "about": about})["Location"] == f"{kept}#next"
    assert press("close", outcome="reached") == f"{kept}#next"
    assert 'href="/staff/lists/not_booked/?sort=due"' in text(clerk.get(kept))


def test_a_lost_time_has_the_nearest_others_on_its_row(clerk, jane, lost, make_slot, now):
    make_slot(day=4)
    with transaction.atomic():
        displacing.cancel_by_trust([lost.slot_id], now=now, actor="feed RTX")
    row = WorklistRow.objects.get(kind="displaced")
    page = text(clerk.get(f"{LISTS}row/{row.pk}/"))

    box = page.partition('id="act"')[2].partition("</section>")[0]
    slot = re.search(r'name="slot" value="(\d+)"', box)[1]
    about = re.search(r'name="about" value="([^"]+)"', box)[1]
    held = clerk.post(f"/staff/patient/{jane.patient_id}/hold/", {"slot": slot, "about": about})

    assert f"Instead of {say_time(lost.start)}, {say_day(lost.start)}" in page
    assert "Held by you until" in text(clerk.get(held["Location"]))
    assert f"referral={jane.pk}" in held["Location"]


@pytest.mark.parametrize(
    ("kind", "most"), [("not_booked/", 5), ("?urgency=routine&sort=place", 5), ("closed/", 3)]
)
def test_a_list_takes_few_queries_however_long_it_is(clerk, wait, lost, now, kind, most):
    """Beside who is signed in, and colleagues: counts, page, two of phones, audit."""
    from django.db import connection

    for name in ("Ann", "Bea", "Cat"):
        wait(name, appointment=lost)
    rows.close_row(wait("Dot"), "reached", now=now, actor="clock")
    clerk.get(f"{LISTS}{kind}")

    with CaptureQueriesContext(
        connection,
    ) as made:
        assert clerk.get(f"{LISTS}{kind}").status_code == 200

    tables = "worklistrow|otherphone|contact|auditentry|site"
    read = re.compile(rf'(FROM|INTO) "booking_({tables})"')
    of_the_list = [one["sql"] for one in made.captured_queries if read.search(one["sql"])]
    assert len(of_the_list) <= most
    assert sum('FROM "booking_worklistrow"' in sql for sql in of_the_list) <= 2
