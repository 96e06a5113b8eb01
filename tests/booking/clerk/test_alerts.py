"""The banner, the screen of urgent requests, one of them, and the rota's page."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from booking.alerts import acknowledging, raising, rota
from booking.models import Alert, AuditEntry, Referral, Shift, Staff, WorklistRow
from booking.referrals import ending
from sites.models import Trust
from tests.booking.clerk.conftest import abouts, problems, text

HTMX = {"HX-Request": "true"}


def make_urgent(referral, now):
    Referral.objects.filter(pk=referral.pk).update(
        urgency="suspected_cancer", clock_start=now.date()
    )
    referral.refresh_from_db()
    with transaction.atomic():
        return raising.raise_alert(referral, Alert.Why.RECEIVED, now=now, actor="key x")


@pytest.fixture
def alert(jane, now, clock):
    return make_urgent(jane, now)


@pytest.fixture
def imaging(sign_in):
    return sign_in("imaging", username="ines")


@pytest.fixture
def lead(sign_in):
    return sign_in("lead", username="leela")


def page_of(alert):
    return f"/staff/alerts/{alert.pk}/"


def about(browser, alert):
    return abouts(text(browser.get(page_of(alert))))[""]


def press(browser, alert, do, token=None, **fields):
    token = token or about(browser, alert)
    return browser.post(page_of(alert), {"about": token, "do": do, **fields})


def test_it_is_on_every_page_of_the_team(alert, clerk, lead, imaging):
    for browser, pages in [
        (clerk, ["desk", "lists", "refer", "texts", "overview"]), (imaging, ["desk", "overview"]),
        (lead, ["audit", "feeds", "alerts", "rota/RTX"]),
    ]:  # fmt: skip
        for page in pages:
            assert "1 to acknowledge" in text(browser.get(f"/staff/{page}/")), page


def test_it_is_on_no_page_of_others(alert, sign_in, other_trust):
    elsewhere = sign_in("imaging", ["RXR"], "ruth")
    for browser, page in [
        (sign_in("trust_admin", username="tess"), "feeds"), (elsewhere, "desk"),
        (elsewhere, "alerts"),
    ]:  # fmt: skip
        assert "to acknowledge" not in text(browser.get(f"/staff/{page}/"))
    assert elsewhere.get(page_of(alert)).status_code == 404


def test_the_banner_asks_for_one_query_at_most(
    alert, lead, django_assert_num_queries, django_assert_max_num_queries
):
    from booking.clerk.alert_views import banner_of

    staff = Staff.objects.get(pk=lead.staff.pk)
    with django_assert_num_queries(1):
        assert banner_of(staff).to_acknowledge == 1
    with django_assert_max_num_queries(4):  # who asks, and what there is
        lead.get("/staff/alerts/now/banner/", headers=HTMX)


def test_an_open_page_hears_of_news_and_of_nothing_else(alert, imaging, urgent_other):
    shown = text(imaging.get("/staff/alerts/"))
    seen = re.search(r'id="board-shown" name="heard" value="([^"]+)"', shown)[1]
    for part in ("banner", "board"):
        address = f"/staff/alerts/now/{part}/"
        assert imaging.get(address, {"heard": seen}, headers=HTMX).status_code == 204
    urgent_other()
    for part, words in [("banner", "2 to acknowledge"), ("board", "Tom")]:
        answer = imaging.get(f"/staff/alerts/now/{part}/", {"heard": seen}, headers=HTMX)
        assert words in text(answer)
        assert "<html" not in text(answer)
    assert imaging.get("/staff/alerts/now/board/")["Location"] == "/staff/alerts/"


@pytest.fixture
def urgent_other(tom, now):
    return lambda: make_urgent(tom, now)


def test_names_are_written_down_only_where_they_are_shown(alert, imaging):
    def listed():
        return AuditEntry.objects.filter(action="listed").count()

    shown = text(imaging.get("/staff/alerts/"))
    seen = re.search(r'id="board-shown" name="heard" value="([^"]+)"', shown)[1]
    assert listed() == 1
    imaging.get("/staff/alerts/now/board/", {"heard": seen}, headers=HTMX)
    assert listed() == 1
    imaging.get("/staff/alerts/now/board/", headers=HTMX)
    assert listed() == 2


def test_an_open_page_keeps_no_session_awake_and_shows_nothing_after_it(
    alert, imaging, clock, settings
):
    imaging.get("/staff/alerts/")
    half = timedelta(minutes=settings.STAFF_IDLE_MINUTES / 2 + 1)
    for _ in range(2):
        clock.shift(half)
        answer = imaging.get("/staff/alerts/now/board/", headers=HTMX)
    assert answer.status_code == 286
    assert "Jane" not in text(answer)
    assert "Sign in" in text(answer)
    assert imaging.get("/staff/alerts/")["Location"].startswith("/staff/sign-in/")
    assert Client().get("/staff/alerts/now/banner/", headers=HTMX).status_code == 286


def test_the_team_acknowledges_and_a_clerk_sees(alert, imaging, clerk):
    assert "Acknowledge</button>" not in text(clerk.get(page_of(alert)))
    clerk_about = about(imaging, alert)
    press(clerk, alert, "acknowledge", token=clerk_about)
    alert.refresh_from_db()
    assert alert.state == "raised"

    answer = press(imaging, alert, "acknowledge")

    assert answer["Location"] == "/staff/alerts/"
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", imaging.staff.actor)
    board = text(clerk.get("/staff/alerts/"))
    assert "ines sees to it" in board
    assert "1 to book" in board


def test_two_presses_are_one_and_what_is_old_is_refused(alert, imaging, lead):
    token = about(imaging, alert)
    assert press(imaging, alert, "acknowledge", token).status_code == 302
    assert press(imaging, alert, "acknowledge", token).status_code == 302
    other = press(lead, alert, "acknowledge", token)
    assert other.status_code == 409
    assert "Somebody changed this" in text(other)
    assert Alert.objects.get().acknowledged_by == imaging.staff.actor


@pytest.mark.parametrize("token", ["", "x", "1.2.3.4.5:x"])
def test_a_form_that_is_not_ours_does_nothing(alert, imaging, token):
    answer = imaging.post(page_of(alert), {"about": token, "do": "acknowledge"})

    assert answer.status_code == 409
    assert Alert.objects.get().state == "raised"


def test_only_a_lead_closes_it_with_a_reason_and_words(alert, imaging, lead, jane):
    token = about(lead, alert)
    press(imaging, alert, "close", token, reason="elsewhere", words="x")
    assert Alert.objects.get().state == "raised"
    wrong = press(lead, alert, "close", token)
    assert wrong.status_code == 400
    assert problems(text(wrong)) == {
        "reason-not_needed": "Choose why it is closed",
        "words": "Type what you were told, and by whom",
    }
    press(lead, alert, "close", token, reason="elsewhere", words="Done at Bolton, GP rang")

    assert (Alert.objects.get().state, Alert.objects.get().closed_by) == (
        "closed", lead.staff.actor,
    )  # fmt: skip
    assert WorklistRow.objects.filter(about=f"referrer:{jane.code}", closed_at=None).exists()
    assert "Nothing waits here" in text(lead.get("/staff/alerts/"))
    assert "Done at Bolton" in text(lead.get(page_of(alert)))


def test_no_action_of_a_list_makes_it_vanish(alert, clerk, jane):
    with transaction.atomic():
        from booking.worklists import chasing

        chasing.open_not_booked(jane, "Phone.", now=alert.raised_at, actor="clock")
    row = WorklistRow.objects.get()
    for outcome in ("reached", "sent_back", "booked", "resolved"):
        page = text(clerk.get(f"/staff/lists/row/{row.pk}/"))
        token = abouts(page).get("")
        if token:
            clerk.post(
                f"/staff/lists/row/{row.pk}/", {"about": token, "do": "close", "outcome": outcome}
            )
    assert Alert.objects.get().state == "raised"


def test_who_ends_the_request_is_told_that_a_lead_must_close_it(alert, clerk, lead, jane, now):
    address = f"/staff/referrals/{jane.pk}/end/?reason=not_wanted"
    words = "until a lead closes it there"
    assert words in text(clerk.get(address))
    assert words not in text(lead.get(address)), "a lead's end closes it"

    ending.end(jane, "not_wanted", now=now, actor="staff 999")

    page = text(lead.get("/staff/overview/"))
    assert "1 for a lead to close" in page
    assert "to acknowledge" not in page
    assert "Ended: a lead closes it" in text(lead.get("/staff/alerts/"))


def test_its_history_names_who_was_told(alert, lead, make_staff, now):
    person = make_staff("imaging", username="otto")
    Staff.objects.filter(pk=person.pk).update(phone="+447700900500")
    times = (now - timedelta(hours=1), now + timedelta(hours=5))
    rota.add_shift(
        rota.NewShift("RTX", "on_call", Staff.objects.get(pk=person.pk), *times, False), now=now,
        actor="staff 1",
    )  # fmt: skip
    from booking.alerts import due

    due.run_due(now=now)
    acknowledging.acknowledge(alert.pk, 1, now=now, actor=person.actor)

    page = text(lead.get(page_of(alert)))
    assert "told <bdi>otto</bdi>: On call" in page
    assert "acknowledged by <bdi>otto</bdi>" in page


# --- the rota


@pytest.fixture
def person(make_staff):
    return make_staff("imaging", username="otto")


def shift_form(somebody, **changes):
    return {
        "level": "on_call", "person": somebody.pk, "begins": "2026-11-24", "begins_hour": "18",
        "ends": "2026-11-25", "ends_hour": "08", **changes,
    }  # fmt: skip


def test_a_lead_puts_somebody_on_the_rota_and_takes_them_off(lead, person, clock):
    assert lead.get("/staff/rota/")["Location"] == "/staff/rota/RTX/"
    answer = lead.post("/staff/rota/RTX/", shift_form(person, override="override"))
    shift = Shift.objects.get()
    assert (shift.level, shift.person, shift.is_override) == ("on_call", person, True)
    assert shift.begins_at.isoformat() == "2026-11-24T18:00:00+00:00"
    page = text(lead.get(answer["Location"]))
    assert "Instead" in page

    token = abouts(page)["/staff/rota/RTX/remove/"]
    assert lead.post("/staff/rota/RTX/remove/", {"about": token}).status_code == 302
    shift.refresh_from_db()
    assert shift.removed_by == lead.staff.actor
    assert lead.post("/staff/rota/RTX/remove/", {"about": token}).status_code == 409


def test_summer_hours_are_kept_by_the_clock_of_england(lead, person, clock):
    lead.post("/staff/rota/RTX/", shift_form(person, begins="2027-06-01", ends="2027-06-02"))

    assert Shift.objects.get().begins_at.isoformat() == "2027-06-01T17:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"ends": "2026-11-24", "ends_hour": "08"}, "ends"),
        ({"person": "99999"}, "person"),
        ({"begins": "31/2/2027"}, "begins"),
        ({"level": "boss"}, "level"),
        ({"ends": "2027-11-25"}, "ends"),
    ],
)
def test_what_cannot_be_is_refused_by_name(lead, person, clock, changes, part):
    answer = lead.post("/staff/rota/RTX/", shift_form(person, **changes))

    assert answer.status_code == 400
    assert list(problems(text(answer))) == [part]
    assert not Shift.objects.exists()


def test_the_rota_of_another_trust_is_not_there(lead, person, other_trust):
    for page in ("", "remove/", "mobile/"):
        assert lead.post(f"/staff/rota/RXR/{page}", shift_form(person)).status_code == 404
    assert Trust.objects.count() == 2
    assert not Shift.objects.exists()


def test_a_shift_of_another_trust_is_not_taken_off_with_ones_own_address(
    lead, sign_in, person, other_trust, clock
):
    from booking.pages.subject import subject_of_shift, subject_token

    lead.post("/staff/rota/RTX/", shift_form(person))
    token = subject_token(subject_of_shift(Shift.objects.get()))
    other = sign_in("lead", ["RXR"], "rose")

    assert other.post("/staff/rota/RXR/remove/", {"about": token}).status_code == 409
    assert Shift.objects.get().removed_at is None


def test_a_gap_and_who_cannot_be_told_stand_first(lead, person, clock):
    lead.post("/staff/rota/RTX/", shift_form(person))
    page = text(lead.get("/staff/rota/RTX/"))

    assert "No mobile number is known." in page
    assert page.count("Nobody is on the rota.") == 5
    assert page.index("In the next 7 days") < page.index("Week after")


def test_a_mobile_is_kept_from_the_page(lead, person, clock):
    answer = lead.post("/staff/rota/RTX/mobile/", {"owner": person.pk, "mobile": "07700 900 500"})
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.phone == "+447700900500"
    wrong = lead.post("/staff/rota/RTX/mobile/", {"owner": person.pk, "mobile": "01524 846000"})
    assert wrong.status_code == 400
    assert list(problems(text(wrong))) == ["mobile"]
    page = text(lead.get("/staff/rota/RTX/"))
    assert "+447700900500" not in page
    assert AuditEntry.objects.filter(action="mobile of staff set").count() == 1
