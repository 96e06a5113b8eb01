"""Somebody like this is here already: asked at the desk, joined by a lead, taken apart again."""

import re
from html import unescape

import pytest

from booking.models import Merge, Patient, Referral, WorklistRow
from booking.patients import record
from booking.referrals import intake, submission
from tests.booking.clerk.conftest import abouts, text
from tests.booking.clerk.test_refer_form import FORM, _knee  # noqa: F401 - a fixture
from tests.booking.referrals.test_intake import SENT

LIKE_JANE = {**FORM, "given_name": "jane", "family_name": "FELL", "nhs_number": "9990000018"}


def inputs(page):
    """What the last form of a page would send if only its button were pressed."""
    form = page.rpartition('<form method="post"')[2].partition("</form>")[0]
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}


def choices(page):
    found = re.findall(r'name="whose"[^>]*?value="([^"]+)"', page)
    return found or re.findall(r'value="([^"]+)"[^>]*?name="whose"', page)


@pytest.mark.parametrize("is_same", [True, False])
def test_the_desk_asks_who_it_is_and_saves_nothing_before(clerk, jane, is_same):
    asked = clerk.post("/staff/refer/", LIKE_JANE)
    page = text(asked)
    assert "We already have somebody like this" in page
    assert "07700 900461" in page
    assert Referral.objects.count() == 1
    unanswered = clerk.post("/staff/refer/", inputs(page))
    assert (unanswered.status_code, Referral.objects.count()) == (400, 1)

    same, new = choices(page)
    answer = clerk.post("/staff/refer/", {**inputs(page), "whose": same if is_same else new})
    again = clerk.post("/staff/refer/", {**inputs(page), "whose": same if is_same else new})

    assert answer["Location"] == again["Location"]
    referral = Referral.objects.latest("pk")
    assert Referral.objects.count() == 2
    assert (referral.patient == jane.patient) is is_same
    assert referral.patient.nhs_number == "9990000018"
    assert referral.patient.needs == ["hoist"]
    assert not WorklistRow.objects.filter(kind="same_person", closed_at=None).exists()


def test_the_clerk_may_go_back_to_the_form_with_all_that_was_typed(clerk, jane):
    page = text(clerk.post("/staff/refer/", LIKE_JANE))

    form = text(clerk.post("/staff/refer/", {**inputs(page), "do": "change"}))

    assert 'value="FELL"' in form
    assert "New referral" in form
    assert Referral.objects.count() == 1


def test_of_another_trusts_patient_no_more_is_said_than_was_typed(sign_in, jane, other_trust):
    stranger = sign_in(trusts=("RXR",), username="sam")

    page = text(stranger.post("/staff/refer/", {**LIKE_JANE, "trust": "RXR"}))

    assert "a patient of another trust" in page
    assert "07700 900461" not in page.replace(LIKE_JANE["mobile"], "")


@pytest.fixture
def pair(jane, now, trust, _knee):  # noqa: F811 - the fixture
    """Jane, and the record that a trust's referral made of her; the row that asks."""
    sent = submission.ReferralSubmission(
        **{**SENT, "given_name": "Jane", "family_name": "Fell", "mobile": "07700900462"}
    )
    referral, _ = intake.create_referral(sent, now=now, actor="feed RTX")
    return jane.patient, referral.patient


@pytest.fixture
def lead(sign_in):
    return sign_in("lead", username="leela")


def compare(browser, kept, other):
    address = f"/staff/patient/{kept.pk}/join/{other.pk}/"
    page = text(browser.get(address))
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    return address, page, {"seen": seen, "about": abouts(page)[""], "reason": "Same address"}


def test_a_row_leads_to_both_side_by_side_and_a_lead_joins_them(lead, clerk, pair):
    jane, other = pair
    row = WorklistRow.objects.get(kind="same_person")
    assert "Compare the two, and join" not in text(clerk.get(f"/staff/lists/row/{row.pk}/"))
    assert f"/join/{other.pk}/" in text(lead.get(f"/staff/lists/row/{row.pk}/"))
    address, page, form = compare(lead, jane, other)
    for shown in ("07700 900461", "07700 900462", "999 000 0018", "knee", "No text is sent"):
        assert shown in page
    missing = lead.post(address, {**form, "reason": "", "mobile": "lost"})
    assert (missing.status_code, Merge.objects.count()) == (400, 0)

    answer = lead.post(address, {**form, "mobile": "lost"})

    assert answer["Location"] == f"/staff/patient/{jane.pk}/"
    jane.refresh_from_db()
    assert (jane.mobile, jane.nhs_number) == ("+447700900462", "9990000018")
    assert lead.get(f"/staff/patient/{other.pk}/")["Location"] == f"/staff/patient/{jane.pk}/"
    assert lead.post(f"/staff/patient/{other.pk}/note/", {"note": "x"}).status_code == 409
    screen = text(lead.get(f"/staff/patient/{jane.pk}/"))
    undo = re.search(r'href="(/staff/joins/\d+/undo/)"', screen)[1]
    shown = text(lead.get(undo))
    assert lead.post(undo, {"reason": "Twins", "about": ""}).status_code == 409
    lead.post(undo, {"reason": "Twins", "about": abouts(shown)[""]})
    assert "These are two records again" in text(lead.get(undo))
    assert Patient.objects.filter(merged_into=None).count() == 2


def test_a_page_that_is_old_or_about_others_joins_nothing(lead, pair, now, tom):
    jane, other = pair
    address, _, form = compare(lead, jane, other)
    there, _, theirs = compare(lead, jane, tom.patient)
    record.correct_mobile(other, "07700900999", now=now, actor="staff 1")

    answers = [lead.post(address, form), lead.post(there, {**theirs, "about": form["about"]})]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert not Merge.objects.exists()


def test_two_nhs_numbers_are_joined_only_when_they_were_checked(lead, pair):
    jane, other = pair
    Patient.objects.filter(pk=jane.pk).update(nhs_number="9990000026")
    address, page, form = compare(lead, jane, other)
    assert "I have checked that both NHS numbers" in page

    refused = lead.post(address, {**form, "mobile": "kept", "nhs_number": "lost"})
    assert "Check both NHS numbers first" in text(refused)
    lead.post(address, {**form, "mobile": "kept", "nhs_number": "lost", "numbers": "checked"})

    jane.refresh_from_db()
    assert jane.nhs_number == "9990000018"


def test_a_lead_finds_the_other_record_by_what_the_box_takes(lead, pair, tom):
    _, other = pair

    page = text(lead.post(f"/staff/patient/{tom.patient_id}/join/", {"who": "07700 900462"}))

    assert f"/staff/patient/{tom.patient_id}/join/{other.pk}/" in page


def test_the_row_closes_only_with_two_people(clerk, pair):
    row = WorklistRow.objects.get(kind="same_person")
    page = text(clerk.get(f"/staff/lists/row/{row.pk}/"))
    about = abouts(page)[""]

    for outcome in ("reached", "one_person"):
        clerk.post(f"/staff/lists/row/{row.pk}/", {"do": "close", "outcome": outcome,
                                                   "about": about})  # fmt: skip
        row.refresh_from_db()
        assert row.closed_at is None
    clerk.post(f"/staff/lists/row/{row.pk}/", {"do": "close", "outcome": "two_people",
                                               "about": about})  # fmt: skip
    row.refresh_from_db()
    assert row.outcome == "two_people"
    assert "Same person?" not in text(clerk.get(f"/staff/patient/{pair[0].pk}/"))
