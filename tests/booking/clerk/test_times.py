"""Times at the desk as a caller speaks: days, minutes, weeks, later here, near home or work."""

import re
from datetime import timedelta
from html import unescape

import pytest

from booking.appointments import holds
from booking.clerk.forms.times import TimesForm
from booking.clerk.screen import listed
from booking.models import AuditEntry
from tests.booking.clerk.conftest import text

SLOT = re.compile(r'id="slot-(\d+)"')


def slots_of(page):
    return [int(pk) for pk in SLOT.findall(page)]


def test_single_days_of_the_week_are_those_of_england(at_desk, make_slot, clock):
    # Today is a Tuesday. Half past midnight on a Tuesday of the summer is Monday evening in UTC.
    tuesday, thursday, friday = (make_slot(day=day).pk for day in (7, 9, 10))
    night = make_slot(day=133, hour=0)
    assert night.start.weekday() == 0, "it is Monday in UTC"
    dates = "when=dates&from=2026-11-24&to=2027-06-30"

    assert slots_of(at_desk.screen(query="?day=tue&day=thu")) == [tuesday, thursday]
    assert slots_of(at_desk.screen(query=f"?day=tue&{dates}")) == [tuesday, night.pk]
    assert slots_of(at_desk.screen(query=f"?day=mon&{dates}")) == []
    assert slots_of(at_desk.screen(query="?day=weekdays")) == [tuesday, thursday, friday]
    assert slots_of(at_desk.screen(query="?day=weekend")) == []
    assert slots_of(at_desk.screen(query="?day=fri&day=weekend")) == [friday]


def test_weeks_are_those_that_a_caller_means(at_desk, make_slot):
    this, following, second, later = (make_slot(day=day).pk for day in (2, 8, 13, 14))

    assert slots_of(at_desk.screen(query="?when=this-week")) == [this]
    assert slots_of(at_desk.screen(query="?when=next-week")) == [following]
    assert slots_of(at_desk.screen(query="?when=two-weeks")) == [this, following, second]
    assert slots_of(at_desk.screen()) == [this, following, second, later]


def test_a_week_takes_the_place_of_dates_and_dates_say_that_they_count(at_desk):
    week = at_desk("times", **{"when": "next-week", "from": "2026-12-20"})
    dates = at_desk("times", **{"when": "", "from": "2026-12-20"})

    assert "from=" not in week["Location"]
    assert "when=dates" in dates["Location"]
    assert dates["Location"].endswith("#found")


def test_at_most_so_many_minutes_and_how_many_are_farther(at_desk, make_slot, lancaster):
    near, far = make_slot(), make_slot(site=lancaster)

    page = at_desk.screen(query="?within=30")

    assert slots_of(page) == [near.pk]
    assert "1 place has times like this</b>; 1 is more than 30 minutes away" in page
    assert slots_of(at_desk.screen(query="?within=300")) == [near.pk, far.pk]


@pytest.mark.parametrize("minutes", ["abc", "0", "9999", "-5", "²"])
def test_minutes_that_are_no_number_narrow_nothing_and_stay_in_their_box(
    at_desk, make_slot, minutes
):
    slot = make_slot()
    answer = at_desk("times", within=minutes, daypart="afternoon")
    page = at_desk.after(answer)

    assert answer["Location"].endswith("#times")
    assert page.count("Type the minutes as a whole number from 1 to 600, like 30") == 2
    assert f'value="{minutes}"' in page
    assert slots_of(page) == [slot.pk]


def test_what_nobody_knows_of_days_and_weeks_is_said():
    form = TimesForm({"day": ["tue", "someday"], "when": "soon"})

    assert form.wanted.weekdays == {1}
    assert set(form.errors) == {"day", "when"}


def test_later_here_goes_on_at_one_place_alone(at_desk, make_slot, lancaster):
    here = [make_slot(day=day).pk for day in range(1, 8)]
    there = make_slot(site=lancaster).pk

    first = at_desk.screen()
    (later,) = re.findall(r'href="[^"]*(\?[^"]*)#at-\d+">Later here', first)
    second = at_desk.screen(query=unescape(later))

    assert slots_of(first) == [*here[:5], there]
    assert slots_of(second) == [*here[5:], there]
    assert "Later here" not in second
    assert "2 places have times like this" in second
    (back,) = re.findall(r'href="[^"]*(/[^"]*)#at-\d+">First times here', second)
    assert slots_of(at_desk.screen(query=unescape(back).rpartition("/")[2])) == [*here[:5], there]


@pytest.mark.parametrize("later", ["x", "1", "1.2026-99-01", "99999999999.2026-12-01T09:30", "1.²"])
def test_later_that_we_did_not_write_names_nothing(at_desk, make_slot, later):
    slot = make_slot()

    page = at_desk.screen(query=f"?later={later}&cell={later}&week={later}&view=week")

    assert set(slots_of(page)) <= {slot.pk}
    assert slots_of(at_desk.screen(query=f"?later={later}")) == [slot.pk]


def test_a_week_has_days_across_and_places_down(at_desk, make_slot, furness, lancaster):
    times = [make_slot(day=8, hour=hour) for hour in (9, 10, 14)]
    other = make_slot(day=9, site=lancaster)

    page = at_desk.screen(query="?view=week&week=2026-12-01")

    assert slots_of(page) == [times[0].pk, times[1].pk, other.pk]
    assert "3 times<span" in page
    assert page.count("desk-week__none") == 12
    (cell,) = re.findall(r'href="[^"]*(\?[^"]*)#cell">3 times', page)
    opened = at_desk.screen(query=unescape(cell))
    assert [int(pk) for pk in re.findall(r'id="cell-(\d+)"', opened)] == [one.pk for one in times]


def test_the_week_of_today_has_none_before_it_and_weeks_go_over_the_year(at_desk, make_slot):
    slot = make_slot(day=42)  # 5 January

    page = at_desk.screen(query="?view=week")
    assert "Week before" not in page
    assert slots_of(page) == []
    for _ in range(6):
        (after,) = re.findall(r'href="[^"]*(\?[^"]*)#week" rel="next"', page)
        page = at_desk.screen(query=unescape(after))
    assert "Tue 5 Jan" in page
    assert slots_of(page) == [slot.pk]
    assert "Week before" in page


def test_places_of_before_are_one_press_away(at_desk, clerk, jane, lancaster):
    at_desk("from", place="LA1 4RP")
    page = at_desk.screen()
    assert 'name="near" value="LA14 4LF">Near home, LA14 4LF' in page
    assert 'name="near" value="LA1 4RP"' not in page, "from there they travel already"

    at_desk("from", near="LA14 4LF")
    page = at_desk.screen()
    assert re.search(r'<input[^>]* name="place"[^>]* value="LA14 4LF"', page)
    assert 'name="near" value="LA1 4RP">Near LA1 4RP' in page

    refused = at_desk.after(at_desk("from", near="M1 1AA"))
    assert "We do not know where M1 1AA is" in refused


@pytest.fixture
def asks(at_desk, clerk, jane):
    """What an open screen asks for by itself."""

    def ask(page, browser=clerk):
        address = unescape(re.search(r'data-hx-get="([^"]*/times/now/[^"]*)"', page)[1])
        seen = re.search(r'name="times_seen" value="([^"]*)"', page)[1]
        return browser.get(f"{address}&times_seen={seen}", headers={"HX-Request": "true"})

    return ask


def test_an_open_screen_learns_that_a_colleague_holds_a_time(
    asks, at_desk, clerk, make_slot, tom, now
):
    wanted, other = make_slot(), make_slot(day=9)
    page = at_desk.screen()
    looked = AuditEntry.objects.count()
    assert asks(page).status_code == 204

    holds.hold(tom, wanted.pk, now=now)
    answer = asks(page)

    assert answer.status_code == 200
    assert slots_of(text(answer)) == [other.pk]
    assert AuditEntry.objects.filter(action="viewed").count() == looked
    assert "csrf" not in text(answer), "the form around it stays as it was read"


def test_it_asks_no_more_after_a_while_or_without_the_right(
    asks, at_desk, sign_in, make_slot, clock, other_trust
):
    make_slot()
    page = at_desk.screen()
    for browser in (sign_in("imaging", username="ira"), sign_in(trusts=("RXR",), username="una")):
        assert asks(page, browser).status_code == 286

    clock.shift(timedelta(minutes=15, seconds=1))
    answer = asks(page)

    assert (answer.status_code, answer.content) == (286, b"")


def test_a_browser_that_opens_what_is_asked_for_is_led_to_the_screen(clerk, jane, at_desk):
    answer = clerk.get(f"/staff/times/now/{jane.patient_id}/")

    assert answer.status_code == 302
    assert answer["Location"] == f"/staff/patient/{jane.patient_id}/"


def test_a_list_shows_no_more_than_it_says(at_desk, make_slot, monkeypatch):
    monkeypatch.setattr(listed, "TIMES", 2)
    first = [make_slot(day=day).pk for day in (1, 2, 3)][:2]

    assert slots_of(at_desk.screen()) == first
