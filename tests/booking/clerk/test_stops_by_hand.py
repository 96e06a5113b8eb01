# ruff: noqa: F811 - fixtures of the file beside this
"""Stops of mobile scanners by page: made, changed, taken away; who is booked there comes first."""

from datetime import date, time, timedelta
from html import unescape

import pytest

from booking.models import AuditEntry, Schedule
from sites.models import Scanner, Stop
from tests.booking.clerk.conftest import problems, text
from tests.booking.clerk.test_places import (  # noqa: F401 - fixtures among them
    FURNESS,
    PAGE,
    STOP,
    _on_the_day,
    book,
    form_of,
    lead,
    plain,
    press,
    scanner,
    van,
)


def test_a_stop_is_made_changed_and_taken_away(lead, van, furness, lancaster):
    page = f"/staff/places/scanner/{van.pk}/stop/"
    # The clocks go back on 31 October 2027: a stop over that day is two plain dates.
    done = press(lead, page, **{**STOP, "first": "30/10/2027"})
    assert done.status_code == 302
    stop = Stop.objects.get()
    assert (stop.first_day, stop.last_day, stop.opens) == (
        date(2027, 10, 30), date(2027, 11, 5), time(8, 30))  # fmt: skip

    one = f"/staff/places/stop/{stop.pk}/"
    press(lead, one, first="4/11/2027", site=lancaster.slug)
    stop = Stop.objects.get()
    assert (stop.first_day, stop.site) == (date(2027, 11, 4), lancaster)

    one = f"/staff/places/stop/{stop.pk}/"
    asked = lead.post(one, {"about": form_of(lead.get(one))["about"], "remove": "yes"})
    assert Stop.objects.exists()
    lead.post(one, form_of(asked))
    assert not Stop.objects.exists()
    ids = AuditEntry.objects.filter(action="place or scanner set").values_list(
        "detail__id", flat=True
    )
    assert set(ids) == {"VAN-1-2027-10-30", "VAN-1-2027-11-04"}


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"to": "2/11/2027"}, "before it begins"),
        ({"first": "1/1/2020", "to": "2/1/2020"}, "The first day has passed"),
        ({"first": "31/11/2027"}, "type a date like"),
        ({"closes": "8:00"}, "before it opens"),
        ({"opens": "25:00"}, "type a time like 08:30"),
        ({"first": "9/11/2027", "to": "12/11/2027"}, "is at Furness"),
        ({"first": "10/11/2027", "to": "12/11/2027"}, "on that day already"),
    ],
)
def test_a_stop_is_checked_as_a_file_is(lead, van, furness, typed, wrong):
    Stop.objects.create(
        scanner=van, site=furness, first_day=date(2027, 11, 10), last_day=date(2027, 11, 11),
        opens=time(8), closes=time(18),
    )  # fmt: skip
    answer = press(lead, f"/staff/places/scanner/{van.pk}/stop/", **{**STOP, **typed})
    assert answer.status_code == 400
    assert wrong in unescape(" ".join(problems(text(answer)).values()))
    assert Stop.objects.count() == 1


def test_what_has_been_of_a_stop_stays(lead, van, furness, now):
    today = now.date()
    begun = Stop.objects.create(
        scanner=van, site=furness, first_day=today - timedelta(3), last_day=today + timedelta(3),
        opens=time(8), closes=time(18),
    )  # fmt: skip
    one = f"/staff/places/stop/{begun.pk}/"
    about = form_of(lead.get(one))["about"]
    assert "It has begun" in text(lead.post(one, {"about": about, "remove": "yes"}))
    assert "its first day stays" in text(press(lead, one, first=str(today))).lower()
    press(lead, one, to=str(today))
    begun.refresh_from_db()
    assert begun.last_day == today
    Stop.objects.update(last_day=today - timedelta(1))
    assert "this stop is over" in text(press(lead, one, to=str(today))).lower()


@pytest.mark.parametrize(
    ("typed", "shown", "status"),
    [
        ({"site": ""}, "1 person asked whether the other place suits", "booked"),
        ({"remove": "yes"}, "1 person displaced and told", "displaced"),
    ],
    ids=["moved", "taken away"],
)  # fmt: skip
def test_who_is_booked_on_a_van_is_asked_or_told_once_the_lead_has_seen_it(
    lead, van, furness, lancaster, make_slot, jane, now, typed, shown, status
):
    slot = make_slot()
    Schedule.objects.filter(pk=slot.schedule_id).update(scanner=van)
    stop = Stop.objects.create(
        scanner=van, site=furness, first_day=slot.start.date(), last_day=slot.start.date(),
        opens=time(8), closes=time(18),
    )  # fmt: skip
    made = book(jane, slot, now)
    page = f"/staff/places/stop/{stop.pk}/"
    if "site" in typed:
        typed = {"site": lancaster.slug}

    asked = press(lead, page, **typed)

    assert shown in plain(asked)
    made.refresh_from_db()
    assert (made.status, made.site) == ("booked", furness)
    assert lead.post(page, form_of(asked)).status_code == 302
    made.refresh_from_db()
    assert made.status == status
    assert made.site == (lancaster if status == "booked" else furness)


def test_a_scanner_that_times_name_is_not_taken_away(lead, van, make_slot):
    slot = make_slot()
    Schedule.objects.filter(pk=slot.schedule_id).update(scanner=van)
    page = f"/staff/places/scanner/{van.pk}/change/"
    about = form_of(lead.get(page))["about"]
    refused = lead.post(page, {"about": about, "remove": "yes"})
    assert "Times were sent for it" in text(refused)
    assert Scanner.objects.filter(pk=van.pk).exists()
