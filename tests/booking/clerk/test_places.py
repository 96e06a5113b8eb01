"""Places, scanners and stops by page: the import's checks, whom it touches first, who did it."""

import re
from datetime import date, time
from html import unescape

import pytest
import time_machine

from booking.appointments import booking, holds
from booking.models import Appointment, AuditEntry, WorklistRow
from sites import places
from sites.models import OpenHours, Postcode, Scanner, Site, Stop, Trust
from tests.booking.clerk.conftest import problems, text

PAGE = "/staff/places/"
FURNESS = "/staff/places/site/furness/"


@pytest.fixture(autouse=True)
def _on_the_day(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def lead(sign_in):
    return sign_in("lead", username="lea")


@pytest.fixture
def scanner(furness):
    Scanner.objects.filter(site=furness, modality="MR").update(
        code="F-1", hoist=True, contrast=True
    )
    places.forget()
    return Scanner.objects.get(code="F-1")


@pytest.fixture
def van(trust):
    return Scanner.objects.create(code="VAN-1", name="MRI van", modality="MR", trust=trust)


def form_of(page):
    """Return what the form of a page would send, as it stands."""
    shown = text(page) if not isinstance(page, str) else page
    form = re.search(r'<form method="post"[^>]*>(?:(?!</form>).)*name="(?:about|agreed)".*?</form>',
                     shown, re.S)[0]  # fmt: skip
    sent = {}
    for box in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]*)"', box)
        value = re.search(r'value="([^"]*)"', box)
        if "checkbox" in box and "checked" not in box:
            continue
        if name and "csrf" not in name[1]:
            kept = value[1] if value else ""
            sent[name[1]] = [*sent[name[1]], kept] if "checkbox" in box and name[1] in sent else (
                [kept] if "checkbox" in box else kept)  # fmt: skip
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)"[^>]*selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


def press(browser, page, **typed):
    return browser.post(page, {**form_of(browser.get(page)), **typed})


def book(referral, slot, now):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor="patient")


def plain(response):
    return " ".join(re.sub(r"<[^>]*>", " ", text(response)).split())


def test_a_lead_sees_and_changes_a_place_and_it_is_written_down(lead, furness):
    assert furness.name in text(lead.get(PAGE))

    done = press(
        lead, f"{FURNESS}change/", entrance="Door 3", hours="Mon-Fri 08:00-20:00",
        facilities=["parking", "hearing_loop"],
    )  # fmt: skip

    assert done["Location"] == FURNESS
    furness.refresh_from_db()
    assert (furness.entrance, furness.facilities) == ("Door 3", ["parking", "hearing_loop"])
    assert OpenHours.objects.filter(site=furness, opens=time(8)).count() == 5
    entry = AuditEntry.objects.get(action="place or scanner set")
    assert entry.actor.startswith("staff ")
    assert entry.detail["id"] == "furness"
    assert "entrance: none → Door 3" in entry.detail["changed"]
    assert "entrance: none → Door 3" in plain(lead.get(FURNESS))


def test_saving_what_is_so_already_writes_nothing(lead, furness, scanner):
    assert "It was so already" in plain(lead.get(press(lead, f"{FURNESS}change/")["Location"]))
    press(lead, f"/staff/places/scanner/{scanner.pk}/change/")
    assert not AuditEntry.objects.filter(action="place or scanner set").exists()


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"name": "N" * 200}, "Name is 200 characters long; 120 are allowed"),
        ({"name": ""}, "Type the name"),
        ({"postcode": "ZZ99 9ZZ"}, "Postcode 'ZZ99 9ZZ' is not known"),
        (
            {"hours": "Mon 20:00-08:00"},
            "Opening hours hold 'Mon 20:00-08:00', which closes before it opens",
        ),
        ({"trust": "RXX"}, "Choose the trust"),
        ({"facilities": ["moon"]}, "Choose one of these"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(lead, furness, typed, wrong):
    Trust.objects.get_or_create(code="RXX", defaults={"name": "Elsewhere"})
    answer = press(lead, f"{FURNESS}change/", entrance="Typed", **typed)
    assert answer.status_code == 400
    assert wrong in unescape(" ".join(problems(text(answer)).values()))
    assert "Typed" in text(answer)
    furness.refresh_from_db()
    assert furness.entrance == ""


def test_of_two_leads_the_second_is_told_and_what_they_typed_is_kept(lead, sign_in, furness):
    other = sign_in("lead", username="leo")
    shown = form_of(other.get(f"{FURNESS}change/"))
    press(lead, f"{FURNESS}change/", entrance="Door 3")

    late = other.post(f"{FURNESS}change/", {**shown, "entrance": "Door 9"})

    assert late.status_code == 409
    furness.refresh_from_db()
    assert furness.entrance == "Door 3"
    assert form_of(other.get(f"{FURNESS}change/"))["entrance"] == "Door 9"


def test_a_form_of_another_place_is_refused(lead, furness, lancaster):
    shown = form_of(lead.get(f"/staff/places/site/{lancaster.slug}/change/"))
    assert lead.post(f"{FURNESS}change/", shown).status_code == 409
    assert Site.objects.get(pk=furness.pk).name == furness.name


def test_another_trusts_places_are_not_there(sign_in, other_trust, furness, scanner, van):
    stop = Stop.objects.create(
        scanner=van, site=furness, first_day=date(2027, 1, 4), last_day=date(2027, 1, 4),
        opens=time(8), closes=time(18),
    )  # fmt: skip
    stranger = sign_in("lead", trusts=(other_trust.pk,), username="sam")
    for page in (
        FURNESS, f"{FURNESS}change/", f"/staff/places/scanner/{scanner.pk}/",
        f"/staff/places/scanner/{scanner.pk}/change/", f"/staff/places/scanner/{van.pk}/stop/",
        f"/staff/places/stop/{stop.pk}/",
    ):  # fmt: skip
        assert stranger.get(page).status_code == 404, page
    assert furness.name not in text(stranger.get(PAGE))


def test_people_are_shown_before_a_place_is_renamed_and_told_after(
    lead, furness, make_slot, jane, now
):
    made = book(jane, make_slot(), now)

    asked = press(lead, f"{FURNESS}change/", name="Barrow Scan House")

    assert asked.status_code == 200
    shown = plain(asked)
    assert "1 person told the new name or address" in shown
    assert "They are booked on" in shown
    assert Site.objects.get(pk=furness.pk).name == furness.name
    assert not AuditEntry.objects.filter(action="place or scanner set").exists()

    done = lead.post(f"{FURNESS}change/", form_of(asked))

    assert done.status_code == 302
    assert Site.objects.get(pk=furness.pk).name == "Barrow Scan House"
    assert AuditEntry.objects.filter(action="place renamed", appointment=made).exists()


def test_who_booked_after_the_preview_is_shown_too(lead, furness, make_slot, jane, tom, now):
    book(jane, make_slot(), now)
    asked = press(lead, f"{FURNESS}change/", name="Barrow Scan House")
    book(tom, make_slot(hour=16), now)

    again = lead.post(f"{FURNESS}change/", form_of(asked))

    assert "2 people told the new name or address" in plain(again)
    assert Site.objects.get(pk=furness.pk).name == furness.name


def test_a_scanner_that_can_do_less_calls_for_a_person(lead, scanner, make_slot, jane, now):
    jane.patient.needs = ["hoist"]
    jane.patient.save()
    book(jane, make_slot(), now)
    page = f"/staff/places/scanner/{scanner.pk}/change/"

    asked = press(lead, page, hoist="no")

    assert "1 person who can no longer be scanned there" in plain(asked)
    assert not WorklistRow.objects.filter(kind="needs_person").exists()
    lead.post(page, form_of(asked))
    scanner.refresh_from_db()
    assert scanner.hoist is False
    assert "There is no hoist there" in WorklistRow.objects.get(kind="needs_person").reason


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (
            {"table_kg": "9999"},
            "Heaviest person in kg is '9999'; type a whole number from 50 to 500",
        ),
        ({"modality": "XX"}, "Choose the scan"),
        ({"site": "nowhere"}, "Choose one of these"),
        ({"hoist": "maybe"}, "Choose one of these"),
    ],
)
def test_a_scanner_is_checked_as_a_file_is(lead, scanner, typed, wrong):
    answer = press(lead, f"/staff/places/scanner/{scanner.pk}/change/", **typed)
    assert answer.status_code == 400
    assert wrong in unescape(" ".join(problems(text(answer)).values()))


def test_a_new_scanner_needs_a_code_of_its_own(lead, furness, scanner):
    page = "/staff/places/scanner/new/"
    new = {"name": "MRI 2", "modality": "MR", "site": "furness"}
    assert "another scanner has this code" in text(press(lead, page, id="F-1", **new)).lower()
    assert press(lead, page, id="F-2", **new).status_code == 302
    assert Scanner.objects.get(code="F-2").site == furness


def test_a_scanner_without_a_code_gets_one_and_is_the_same_machine(lead, furness):
    one = Scanner.objects.get(site=furness, modality="MR")
    machines = Scanner.objects.count()
    press(lead, f"/staff/places/scanner/{one.pk}/change/", id="F-9", name="Renamed")
    one.refresh_from_db()
    assert (one.code, one.name) == ("F-9", "Renamed")
    assert Scanner.objects.count() == machines


def test_the_last_machine_is_taken_away_only_after_whom_it_touches_was_seen(
    lead, scanner, make_slot, jane, now
):
    made = book(jane, make_slot(), now)
    page = f"/staff/places/scanner/{scanner.pk}/change/"
    about = form_of(lead.get(page))["about"]

    asked = lead.post(page, {"about": about, "remove": "yes"})

    assert "1 person displaced and told" in plain(asked)
    assert Scanner.objects.filter(pk=scanner.pk).exists()
    gone = lead.post(page, form_of(asked))
    assert gone["Location"] == PAGE
    assert not Scanner.objects.filter(pk=scanner.pk).exists()
    made.refresh_from_db()
    assert made.status == Appointment.Status.DISPLACED


def test_a_place_with_people_is_not_closed_and_an_empty_one_is_asked_first(
    lead, furness, make_slot, jane, now
):
    page = f"{FURNESS}change/"
    about = form_of(lead.get(page))["about"]
    asked = lead.post(page, {"about": about, "remove": "yes"})
    assert "Nobody who is booked" in plain(asked)
    assert not Site.objects.get(pk=furness.pk).closed

    book(jane, make_slot(), now)
    refused = lead.post(page, form_of(asked))
    assert refused.status_code == 400
    assert "It cannot be closed: somebody has an appointment there" in text(refused)

    Appointment.objects.update(status="cancelled")
    asked = lead.post(page, {"about": about, "remove": "yes"})
    lead.post(page, form_of(asked))
    assert Site.objects.get(pk=furness.pk).closed


STOP = {
    "site": "furness",
    "first": "3/11/2027",
    "to": "5/11/2027",
    "opens": "8:30",
    "closes": "17:00",
}


def test_a_lead_is_led_to_close_a_place_for_a_while(lead, sign_in, furness):
    (link,) = re.findall(r'href="(/staff/lost/\?what=[^"]*)"', text(lead.get(FURNESS)))
    page = text(lead.get(link))
    assert re.search(rf'value="site {furness.pk} RTX"[^>]*selected', page)
    admin = sign_in("trust_admin", username="ada")
    assert "/staff/lost/" not in text(admin.get(FURNESS))


def test_a_new_place_gets_its_name_in_addresses(lead, furness):
    new = {"name": "New House (Barrow)", "kind": "cdc", "trust": "RTX", "address": "1 Street",
           "postcode": furness.postcode}  # fmt: skip
    Postcode.objects.get_or_create(
        code=furness.postcode,
        defaults={"outward": "LA14", "sector": "LA14 4", "lat": furness.lat, "lon": furness.lon},
    )
    assert press(lead, "/staff/places/new/", **new).status_code == 302
    assert Site.objects.filter(slug="new-house-barrow").exists()
    again = press(lead, "/staff/places/new/", **new)
    assert "There is a place of this name already" in text(again)


@pytest.mark.parametrize("role", ["trust_admin", "network_admin"])
def test_an_administrator_finds_places_on_the_headers_line(sign_in, role):
    page = text(sign_in(role, username="ada").get(PAGE))
    assert 'href="/staff/places/" aria-current="page">Places' in page
    assert "desk-more" not in page
