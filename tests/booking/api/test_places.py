"""`GET /api/v1/places`."""

from datetime import timedelta

import pytest
import time_machine

from booking.models import Feed, Slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, now):
    def ask(**params):
        with time_machine.travel(now, tick=False):
            return client.get(
                "/api/v1/places", {"postcode": "LA14 4LF", "modality": "MR", **params}
            )

    return ask


def test_places_come_nearest_first_with_their_times(ask, make_slot, furness, lancaster):
    near, far = make_slot(), make_slot(site=lancaster)

    answer = ask().json()

    assert answer["origin"] == {
        "postcode": "LA14 4LF",
        "lat": 54.136,
        "lon": -3.208,
        "approximate": False,
        "taken_from": None,
    }
    first, second = answer["places"]
    assert first == {
        "site": {
            "id": "furness",
            "name": "Furness",
            "kind": "hospital",
            "trust": "RTX",
            "postcode": "LA14 4LF",
            "lat": 54.136,
            "lon": -3.208,
        },
        "travel": {"minutes": 0, "miles": 0.0, "straight_miles": 0.0, "engine": "roads"},
        "availability": "some",
        "late": False,
        "checked_at": "2026-11-24T10:00:00+00:00",
        "times": [
            {
                "slot": near.pk,
                "start": "2026-12-02T14:00:00+00:00",
                "end": "2026-12-02T14:30:00+00:00",
                "home": None,
            }
        ],
    }
    assert second["site"]["id"] == "lancaster"
    assert second["times"][0]["slot"] == far.pk
    assert second["travel"]["minutes"] > 40


def test_a_name_that_was_put_right_says_what_it_was_taken_from(ask, furness):
    guessed, sure, several = (ask(postcode=name) for name in ("Waddingtn", "Waddington", "Warton"))

    said = [answer.json()["origin"] for answer in (guessed, sure)]
    assert [one["postcode"] for one in said] == ["Waddington"] * 2
    assert [one["taken_from"] for one in said] == ["Waddingtn", None]
    assert several.status_code == 400
    assert "Warton near Carnforth" in several.json()["errors"]["postcode"]


def test_filters_are_those_of_the_page(ask, make_slot, furness, lancaster, make_site):
    make_slot(hour=9)
    evening = make_slot(day=11, hour=18)

    answer = ask(daypart="evening", weekend="1", kind="hospital", sort="soonest", limit="1")

    assert [time["slot"] for time in answer.json()["places"][0]["times"]] == [evening.pk]
    assert len(answer.json()["places"]) == 1


def test_times_are_told_in_summer_time_where_it_is_summer(ask, make_slot, furness):
    make_slot(day=150)

    times = ask(**{"from": "2027-04-20", "to": "2027-04-30"}).json()["places"][0]["times"]

    assert times[0]["start"] == "2027-04-23T14:00:00+01:00"


def test_a_feed_that_is_too_old_is_unknown_and_never_none(ask, make_slot, furness, now):
    make_slot()
    Feed.objects.update(last_contact_at=now - timedelta(days=2))

    place = ask().json()["places"][0]

    assert (place["availability"], place["times"]) == ("unknown", [])
    assert place["checked_at"] == "2026-11-22T10:00:00+00:00"


def test_a_place_without_times_says_none(ask, furness):
    assert ask().json()["places"][0]["availability"] == "none"


@pytest.mark.parametrize(
    ("params", "name", "says"),
    [
        ({"postcode": "ZZ1 1ZZ"}, "postcode", "PR2 9HT"),
        ({"postcode": ""}, "postcode", "LA14 4LF"),
        ({"postcode": "x" * 10_000}, "postcode", "LA14 4LF"),
        ({"modality": "MRI"}, "modality", "CT, MR, DX"),
        ({"modality": ""}, "modality", "CT, MR, DX"),
        ({"from": "soon"}, "from", "2026-12-01"),
        ({"to": "31/2/2026"}, "to", "2026-12-01"),
        ({"to": "2026-11-23"}, "to", "has passed"),
        ({"from": "2026-12-10", "to": "2026-12-01"}, "to", "later"),
        ({"daypart": "night"}, "daypart", "morning, afternoon, evening"),
        ({"kind": "pub"}, "kind", "hospital, cdc, mobile"),
        ({"sort": "best"}, "sort", "nearest, soonest"),
        ({"weekend": "yes"}, "weekend", "1"),
        ({"limit": "0"}, "limit", "1 to 50"),
        ({"limit": "9" * 30}, "limit", "1 to 50"),
        ({"limit": "²"}, "limit", "1 to 50"),
    ],
)
def test_what_cannot_be_used_is_400_with_what_to_type(ask, furness, params, name, says):
    response = ask(**params)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]
    assert says in response.json()["errors"][name]


def test_the_places_after_these_are_a_link_away_and_none_is_lost_or_given_twice(
    ask, client, make_site, make_slot, furness, now
):
    sites = [make_site(f"Site{n}", f"LA1 {n}AA", 54.0, -3.2 + n / 100) for n in range(6)]
    for site in sites[:4]:
        make_slot(site=site)

    first = ask(limit=3, sort="nearest").json()
    went, come = first["places"][0]["site"]["id"], sites[5]
    Slot.objects.filter(site__slug=went).update(free_at=None)
    make_slot(site=come)
    with time_machine.travel(now, tick=False):
        second = client.get(first["next"]).json()
        third = client.get(second["next"]).json()

    pages = [[one["site"]["id"] for one in page["places"]] for page in (first, second, third)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(name for page in pages for name in page) == sorted(
        ["furness", *(site.slug for site in sites)]
    )
    assert {page["total"] for page in (first, second, third)} == {7}
    assert third["next"] is None
    assert "sort=nearest" in second["next"]


@pytest.mark.parametrize("after", ["x", "1..2", "-1", "²", "1.", "9" * 12])
def test_rubbish_in_the_link_is_told_by_its_name(ask, furness, after):
    answer = ask(after=after)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["after"]


def test_every_error_is_told_at_once(ask, furness):
    errors = ask(postcode="", modality="", limit="x", sort="x").json()["errors"]

    assert set(errors) == {"postcode", "modality", "limit", "sort"}


def test_a_search_reads_slots_once(ask, make_slot, furness, lancaster, django_assert_num_queries):
    make_slot()
    ask()

    with django_assert_num_queries(4):  # how often it comes, the postcode, the feeds, the slots
        ask()
    assert Slot.objects.count() == 1
