"""Another trust's patients open slower and slower, never unseen, and nobody is stuck."""

from datetime import timedelta

import pytest

from booking.models import AuditAction, AuditEntry, Opening, Referral, Shift, WorklistRow
from booking.patients import opening
from booking.patients.opening import FREE_A_DAY, FREE_AN_HOUR, WAITS, OpeningWaits
from tests.booking.clerk.conftest import abouts, text
from tests.racing import at_once, only_postgresql

A = AuditAction


@pytest.fixture
def theirs(make_referral, trust):
    """Ten patients of Jane's trust."""
    codes = ["2222222" + letter for letter in "BCDFGHJKMN"]
    return [make_referral(code=code, given_name=f"Pat{code[-1]}").patient for code in codes]


@pytest.fixture
def sam(sign_in, other_trust, settings):
    """A clerk of another trust, whose browser opens a patient for a reason."""
    settings.STAFF_IDLE_MINUTES = settings.SESSION_COOKIE_AGE = 10**7
    settings.STAFF_SESSION_HOURS = 10**5
    browser = sign_in(trusts=("RXR",), username="sam")

    def opens(patient, reason="caller"):
        answer = browser.post(f"/staff/patient/{patient.pk}/reason/", {"reason": reason})
        return answer.status_code == 302 and answer["Location"] == f"/staff/patient/{patient.pk}/"

    browser.opens = opens
    browser.page = lambda patient: browser.get(f"/staff/patient/{patient.pk}/reason/")
    return browser


def opened():
    return AuditEntry.objects.filter(action=A.OPENED_WITH_REASON).count()


def rows():
    found = WorklistRow.objects.filter(about__startswith="openings:", closed_at=None)
    return {row.trust_id: row.reason for row in found}


def test_three_an_hour_are_free_and_the_next_waits(sam, theirs, clock):
    assert [sam.opens(one) for one in theirs[:4]] == [True, True, True, False]
    assert opened() == FREE_AN_HOUR == 3
    assert sam.get(f"/staff/patient/{theirs[3].pk}/").status_code == 302
    assert "PatF" not in text(sam.page(theirs[3]))

    clock.shift(WAITS[0] - timedelta(seconds=1))
    assert not sam.opens(theirs[3])
    clock.shift(timedelta(seconds=1))
    assert sam.opens(theirs[3])
    assert "PatF" in text(sam.get(f"/staff/patient/{theirs[3].pk}/"))
    assert opened() == 4


def test_forty_three_in_a_row_are_not_opened(sam, theirs, clock):
    """In an hour of trying without an end it is the three, and those whose time has come."""
    for _ in range(60):
        for one in theirs:
            sam.opens(one)
        clock.shift(timedelta(minutes=1))

    assert opened() == 6  # at once 3; after 5, 15 and 35 minutes one each


def test_waits_add_up_for_who_asks_for_many_at_once(sam, theirs, now):
    for one in theirs:
        sam.opens(one)

    waits = [one.opens_at - now for one in Opening.objects.order_by("pk")]
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [5, 15, 35, 75, 115, 155, 195]


def test_after_an_hour_three_more_are_free_until_the_day_is_full(sam, theirs, clock):
    said = []
    for one in theirs:
        said.append(sam.opens(one))
        clock.shift(timedelta(minutes=31))

    assert said == [True] * FREE_A_DAY + [False] * 2
    clock.shift(timedelta(days=1))
    assert sam.opens(theirs[-1])


def test_the_same_patient_again_counts_once(sam, theirs, clock):
    for one in theirs[:3]:
        sam.opens(one)
    sam.post("/staff/sign-out/")
    sam.force_login(sam.staff.user)

    assert sam.opens(theirs[0])
    assert sam.page(theirs[3]).status_code == 200


def test_a_new_session_is_no_way_round(sam, theirs):
    for one in theirs[:3]:
        sam.opens(one)
    sam.post("/staff/sign-out/")
    sam.force_login(sam.staff.user)

    assert not sam.opens(theirs[3])


def test_both_trusts_hear_of_it_at_once_in_one_row_each(sam, theirs):
    sam.opens(theirs[0])
    assert rows() == {
        "RTX": "sam opened 1 patient of ours today. A lead looks at “Opened elsewhere”.",
        "RXR": "sam opened 1 patient of other trusts today. A lead looks at “Opened elsewhere”.",
    }

    for one in theirs[1:4]:
        sam.opens(one)
    assert len(rows()) == 2
    assert "3 patients of ours today, and waits to open more" in rows()["RTX"]


def test_nobody_closes_the_row_about_themselves(sam, theirs, sign_in):
    sam.opens(theirs[0])
    colleague = sign_in(trusts=("RXR",), username="rose")
    row = WorklistRow.objects.get(about__startswith="openings:", trust="RXR")

    def close(browser):
        about = abouts(text(browser.get(f"/staff/lists/row/{row.pk}/")))[""]
        sent = {"do": "close", "outcome": "resolved", "about": about}
        browser.post(f"/staff/lists/row/{row.pk}/", sent)
        return WorklistRow.objects.get(pk=row.pk).closed_at is not None

    assert not close(sam)
    assert "This is about you" in text(sam.get(f"/staff/lists/row/{row.pk}/"))
    assert close(colleague)


@pytest.mark.parametrize("trusts", [("RXR",), ("RTX",)], ids=["clerk's lead", "patient's lead"])
def test_a_lead_says_yes_and_it_opens_at_once(sam, theirs, sign_in, trusts):
    for one in theirs[:4]:
        sam.opens(one)
    lead = sign_in("lead", trusts=trusts, username="lena")
    page = text(lead.get("/staff/audit/opened/"))
    asked = Opening.objects.get()
    assert "<bdi>sam</bdi> asks to open <bdi>PatF" in page
    assert "<bdi>sam</bdi>: 3 patients of other trusts" in page

    answer = lead.post(f"/staff/audit/opened/{asked.pk}/", {"do": "yes"})

    assert answer["Location"] == "/staff/audit/opened/"
    assert "sam can open the patient now" in text(lead.get("/staff/audit/opened/"))
    assert sam.opens(theirs[3])
    entry = AuditEntry.objects.get(action=A.OPENING_ALLOWED)
    assert (entry.actor, entry.patient_id) == (lead.staff.actor, theirs[3].pk)
    again = lead.post(f"/staff/audit/opened/{asked.pk}/", {"do": "no"})
    assert again.status_code == 302
    assert not AuditEntry.objects.filter(action=A.OPENING_REFUSED).exists()


def test_a_leads_no_holds_past_its_time_and_says_whom_to_ring(sam, theirs, sign_in, clock):
    for one in theirs[:4]:
        sam.opens(one)
    lead = sign_in("lead", username="lena")
    lead.post(f"/staff/audit/opened/{Opening.objects.get().pk}/", {"do": "no"})

    clock.shift(timedelta(hours=2))
    assert not sam.opens(theirs[3])
    page = text(sam.page(theirs[3]))
    assert "<bdi>lena</bdi> said no" in page
    assert "University Hospitals of Morecambe Bay" in page
    assert AuditEntry.objects.filter(action=A.OPENING_REFUSED).count() == 1
    clock.shift(timedelta(hours=12))
    assert sam.opens(theirs[3])


def test_who_waits_is_told_whom_to_ring(sam, theirs, make_staff, now, sign_in):
    oncall = make_staff("imaging", username="ivy")
    oncall.phone = "+447700900123"
    oncall.save()
    Shift.objects.create(
        trust_id="RTX", level="on_call", person=oncall, begins_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=9), made_at=now, made_by="staff 1",
    )  # fmt: skip
    make_staff("lead", ("RXR",), "lena")
    for one in theirs[:4]:
        sam.opens(one)

    answer = sam.page(theirs[3])

    page = text(answer)
    assert answer.status_code == 429
    for words in ("It opens at <b>10:05am</b>", "lena", "ivy", "07700 900123", "on call for Univ",
                  "01632 960 100", "Ring 999 first", "can open the patient at once"):  # fmt: skip
        assert words in page, words
    assert "PatF" not in page


@pytest.mark.parametrize("who", ["clerk", "own", "elsewhere"])
def test_who_may_not_say_yes(sam, theirs, sign_in, who, other_trust, trust):
    for one in theirs[:4]:
        sam.opens(one)
    if who == "own":
        sam.staff.role = "lead"
        sam.staff.save()
        browser = sam
    else:
        browser = sign_in("clerk" if who == "clerk" else "lead", trusts=("RTX",), username="lou")
        if who == "elsewhere":
            browser.staff.trusts.clear()

    browser.post(f"/staff/audit/opened/{Opening.objects.get().pk}/", {"do": "yes"})

    assert Opening.objects.get().answer == ""
    assert not sam.opens(theirs[3])


def test_what_is_pressed_is_one_of_two_buttons(sam, theirs, sign_in):
    for one in theirs[:4]:
        sam.opens(one)
    lead = sign_in("lead", username="lena")

    lead.post(f"/staff/audit/opened/{Opening.objects.get().pk}/", {"do": "maybe"})

    assert Opening.objects.get().answer == ""


def test_a_patient_who_becomes_theirs_by_a_referral_is_told_and_counted_not_braked(
    sam, theirs, jane, now, other_trust
):
    for one in theirs[:3]:
        sam.opens(one)
    mine = Referral.objects.create(
        code="3GHJ8WXC", patient=jane.patient, exam=jane.exam, trust=other_trust,
        urgency="routine", created_at=now, clock_start=now.date(), target_day=now.date(),
    )  # fmt: skip

    opening.follow_referral(mine, sam.staff, now=now)
    opening.follow_referral(jane, sam.staff, now=now)  # theirs by now

    entry = AuditEntry.objects.get(action=A.OPENED_WITH_REASON, patient=jane.patient)
    assert entry.detail == {"reason": "referral"}
    assert "4 patients of other trusts" in rows()["RXR"]
    assert not Opening.objects.exists()


def test_a_clerks_own_patients_are_never_braked(sign_in, theirs):
    clerk = sign_in(username="carol")
    for one in theirs:
        assert clerk.get(f"/staff/patient/{one.pk}/").status_code == 200

    assert opened() == 0
    assert rows() == {}


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_who_opens_ten_at_the_same_moment_opens_three(theirs, make_staff, other_trust, now):
    staff = make_staff(trusts=("RXR",), username="sam")

    def act(patient):
        return lambda: opening.open_patient(patient, staff, "caller", now=now)

    said = at_once(*(act(one) for one in theirs), refusals=(OpeningWaits,))

    assert sum(isinstance(one, OpeningWaits) for one in said) == 7
    assert opened() == 3
    assert len(rows()) == 2
