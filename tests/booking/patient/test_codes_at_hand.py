"""A code leaves the address at once, and a form acts on the code of its own page or on none."""

from urllib.parse import quote

import pytest
from django.test import Client

from booking.models import AuditEntry, CodeTries, Referral, Slot
from booking.patient.codes_at_hand import MOST
from tests.booking.patient.conftest import Browser, text
from tests.booking.signing_in import JANES, prove, whose

TOMS = "3XRD7JQF"
BORN = dict(zip(("born[day]", "born[month]", "born[year]"), JANES, strict=True))


@pytest.fixture
def tom(make_referral, jane):
    return make_referral(code=TOMS, given_name="Tom")


def kept():
    tables = (Referral, Slot, CodeTries, AuditEntry)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize("code", ["7KQ49CRB", "7kq4 9crb", "7KO4-9CRB", "9GWP3KTY", "x", "é" * 90])
def test_a_link_leads_on_to_where_its_code_is_not(client, jane, clock, method, code):
    answer = getattr(client, method)(f"/a/{quote(code)}", {"born[day]": "12"})

    assert (answer.status_code, answer["Location"]) == (302, "/born/")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"


def test_opening_the_link_changes_nothing_and_shows_nothing(client, jane, make_slot):
    before = kept()

    page = client.get("/a/7KQ49CRB", follow=True)

    assert page.status_code == 200
    assert page.redirect_chain == [("/born/", 302)]
    for personal in ("Jane", "knee", "7KQ4", "9CRB", "1961"):
        assert personal not in text(page)
    assert "Your booking code ends in" in text(page)
    assert kept() == before


def test_a_robot_that_looks_at_the_link_changes_nothing(jane, clock):
    before = kept()
    for headers in ({"Sec-Purpose": "prefetch"}, {"User-Agent": "facebookexternalhit/1.1"}):
        Client(headers=headers).get("/a/7KQ49CRB", follow=True)
        Client(headers=headers).head("/a/7KQ49CRB")
    assert kept() == before


def test_the_cookie_ends_with_the_browser(client, jane, clock):
    prove(client)

    cookie = client.cookies["finder"]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("first", ["7KQ49CRB", TOMS])
def test_two_tabs_with_two_codes_do_not_mix(client, jane, tom, clock, first):
    second = TOMS if first == "7KQ49CRB" else "7KQ49CRB"
    older = whose(client, first)
    newer = whose(client, second)

    assert older != newer
    client.post("/born/", {**older, **BORN})
    assert Referral.objects.get(pk=client.session["referral"]).code == first


def test_a_wrong_date_in_the_older_tab_counts_against_its_own_code(client, jane, tom, clock):
    older = whose(client, "7KQ49CRB")
    whose(client, TOMS)

    page = client.post("/born/", {**older, **BORN, "born[year]": "1990"})

    assert f'value="{older["whose"]}"' in text(page), "the page is still about its own"
    assert CodeTries.objects.filter(wrong=1).count() == 1
    for _ in range(4):
        client.post("/born/", {**older, **BORN, "born[year]": "1990"})
    assert client.post("/born/", {**older, **BORN}).status_code == 429
    assert client.post("/born/", {**whose(client, TOMS), **BORN}).status_code == 302


def test_a_tab_whose_code_is_gone_does_nothing_and_says_what_to_do(client, jane, tom, clock):
    older = whose(client, "7KQ49CRB")
    prove(client, TOMS)
    before = kept()

    page = client.post("/born/", {**older, **BORN})

    assert page.status_code == 409
    assert "We need your booking code again" in text(page)
    assert 'href="/code/"' in text(page)
    assert Referral.objects.get(pk=client.session["referral"]).code == TOMS
    assert kept() == before


@pytest.mark.parametrize("carried", ["", "x", "7KQ49CRB", "0" * 32, "é", "²" * 5000])
def test_a_form_that_is_about_no_code_of_this_browser_is_refused(client, jane, clock, carried):
    whose(client)
    assert client.post("/born/", {"whose": carried, **BORN}).status_code == 409
    assert "referral" not in client.session
    assert not CodeTries.objects.exists()


def test_what_a_form_carries_opens_nothing_in_another_browser(client, jane, clock):
    carried = whose(client)

    assert Browser().post("/born/", {**carried, **BORN}).status_code == 409


def test_who_takes_no_cookies_is_told_so_and_not_sent_round(jane, clock):
    class Forgetful(Client):
        def generic(self, *args, **kwargs):
            self.cookies.clear()
            return super().generic(*args, **kwargs)

    page = Forgetful().get("/a/7KQ49CRB", follow=True)

    assert page.redirect_chain == [("/born/", 302)]
    assert page.status_code == 200
    assert "cookies are off" in text(page)
    assert 'href="tel:' in text(page)


def test_a_page_of_before_still_leads_in(client, jane, clock):
    """Its form goes to the address that had the code: the date of birth is asked once more."""
    page = client.post("/a/7KQ49CRB", BORN, follow=True)

    assert page.redirect_chain == [("/born/", 302)]
    assert "What is your date of birth?" in text(page)
    assert not CodeTries.objects.exists()


def test_only_a_familys_links_are_remembered(client, jane, clock):
    first = whose(client)
    for letter in "BCDFG":
        client.get(f"/a/2345678{letter}")

    assert len(client.session["codes"]) == MOST
    assert client.post("/born/", {**first, **BORN}).status_code == 409
    client.get("/a/7KQ49CRB")
    client.get("/a/7kq4-9crb")
    assert client.session["codes"].count("7KQ49CRB") == 1


def test_a_link_that_another_opens_does_not_sign_out_who_is_in(patient, jane, tom):
    patient.get(f"/a/{TOMS}", follow=True)

    assert "Jane" in text(patient.get("/referral/"))
