"""Staff: a caller's wish, and what leads see."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.test import Client

from booking.models import AuditEntry, Exam, Offer, SoonerAsk, SoonerWish
from booking.offers.sooner import deprivation, figures
from booking.pages.subject import subject_now, subject_token
from tests.booking.patient.conftest import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(make_staff, clock, trust):
    """Return a browser of a new member of staff."""

    def staff(role="clerk", trusts=("RTX",)):
        browser = Client()
        browser.force_login(make_staff(role, trusts, None).user)
        return browser

    return staff


@pytest.fixture
def save(jane):
    """Send the form of Jane's wish."""

    def save(browser, about=None, **fields):
        sent = {
            "notice": "2", "where": "any", "wish": "0", "do": "save",
            "about": about or subject_token(subject_now(jane)), **fields,
        }  # fmt: skip
        return browser.post(f"/staff/referrals/{jane.pk}/sooner/", sent)

    return save


def test_a_clerk_puts_a_caller_on_the_list_changes_it_and_stops_it(jane, book, staff, save):
    book(jane)
    carol = staff()
    screen = f"/staff/patient/{jane.patient_id}/"
    assert f"/staff/referrals/{jane.pk}/sooner/" in text(carol.get(screen))
    assert "Put on the list" in text(carol.get(f"/staff/referrals/{jane.pk}/sooner/"))
    assert save(carol, days=["1"], parts=["morning"]).status_code == 302
    wish = SoonerWish.objects.get()
    assert (wish.door, wish.weekdays, wish.dayparts) == ("staff", [1], ["morning"])
    assert AuditEntry.objects.get(action="sooner list joined").actor.startswith("staff")
    assert "On the list for something sooner" in text(carol.get(screen))
    assert save(carol, notice="7", wish="1").status_code == 302
    assert save(carol, do="stop", wish="2").status_code == 302
    wish.refresh_from_db()
    assert (wish.state, wish.notice_days) == ("off", 7)


def test_what_is_left_out_is_asked_for(jane, book, staff, save):
    book(jane)
    carol = staff()
    assert save(carol, notice="").status_code == 400
    answer = save(carol, where="choose")
    assert answer.status_code == 400
    assert "Tick at least one place" in text(answer)
    assert not SoonerWish.objects.exists()


def test_an_older_page_is_refused(jane, book, staff, save, wish):
    before = subject_token(subject_now(jane))
    book(jane)
    carol = staff()
    assert save(carol, about=before).status_code == 409
    wish(jane)
    assert save(carol, wish="0").status_code == 409
    assert save(carol, wish="rubbish").status_code == 409
    assert save(carol, do="stop", wish="7").status_code == 409
    assert SoonerWish.objects.get().version == 1


def test_who_cannot_be_on_the_list_is_said(jane, book, staff, save):
    carol = staff()
    assert "no time booked" in text(carol.get(f"/staff/referrals/{jane.pk}/sooner/"))
    assert save(carol).status_code == 409
    book(jane)
    Exam.objects.update(notice_days=1)
    assert "cannot be brought forward" in text(carol.get(f"/staff/referrals/{jane.pk}/sooner/"))
    assert save(carol).status_code == 409
    assert not SoonerWish.objects.exists()


def offer(referral, slot, now, state, channel="text", turn=1):
    made = Offer.objects.create(
        reference=f"R{Offer.objects.count()}", code="7000", referral=referral, slot=slot,
        why="sooner", state=state, channel=channel, made_at=now, until=now, kept_until=now,
        is_kept=False,
    )  # fmt: skip
    booked = referral.appointments.get()
    SoonerAsk.objects.create(offer=made, was_start=booked.start, turn=turn, for_phone=False)


def test_leads_see_what_was_offered_and_taken_by_whom(
    make_person, make_slot, staff, now, settings, tmp_path
):
    deciles = tmp_path / "deciles.csv"
    deciles.write_text("postcode,decile\nLA14 4LF,1\nLA1 4RP,x\n")
    settings.DEPRIVATION_FILE = str(deciles)
    young = make_person(day=20, born=date(2005, 1, 1), postcode="la144lf")
    old = make_person("urgent", day=20, born=date(1940, 1, 1), mobile="", postcode="LA1 4RP")
    offer(young, make_slot(day=8), now, "accepted")
    offer(young, make_slot(day=9), now - timedelta(days=200), "declined")
    offer(old, make_slot(day=10), now, "lapsed", channel="phone")
    lead = staff("lead")
    page = text(lead.get("/staff/sooner/"))
    assert "Something sooner" in page

    answer = lead.get("/staff/sooner/?as=csv&days=84")
    lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    of = {(line["Group"], line["Who"]): list(line.values())[2:] for line in lines}
    everybody = ["2", "2", "1", "50", "0", "1", "12", "12.0"]
    assert of["All", "Everybody"] == everybody
    assert of["Age", "16 to 44"] == ["1", "1", "1", "100", "0", "0", "12", "12.0"]
    assert of["Age", "75 and over"] == ["1", "1", "0", "0", "0", "1", "0", ""]
    assert of["Deprivation, 1 is most", "1"][2] == "1"
    assert of["Deprivation, 1 is most", deprivation.NOT_KNOWN][1] == "1"
    assert of["How we ask", "by phone, no mobile"][:2] == ["1", "1"]
    assert of["Urgency", "urgent"][:2] == ["1", "1"]
    year = figures.figures(["RTX"], 364, now=now)[0].lines["Everybody"]
    assert (year.asked, year.declined) == (3, 1)


def test_only_of_their_own_trusts_and_only_leads(make_person, make_slot, staff, now, blackburn):
    offer(make_person(), make_slot(day=8), now, "open")
    of_others = staff("lead", ("RXR",))
    answer = of_others.get("/staff/sooner/?as=csv&days=rubbish").getvalue().decode("utf-8-sig")
    assert "All,Everybody,0,0,0,,0,0,0," in answer
    for role in ("clerk", "imaging"):
        assert staff(role).get("/staff/sooner/").status_code == 403
    assert Client().get("/staff/sooner/").status_code == 302


def test_without_a_file_no_decile_is_known():
    assert deprivation.decile_of("LA14 4LF") == deprivation.NOT_KNOWN
