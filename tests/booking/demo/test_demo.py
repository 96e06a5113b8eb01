"""What `make run` prepares and feeds: through the service's own doors, as often as one likes."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from booking.demo import capacity, people
from booking.models import Exam, LostClinic, LostPerson, Slot
from booking.patients.code_sign_in import authenticate_patient
from sites.models import Site


def test_the_demo_is_fed_through_the_slots_api_by_four_trusts(prepared, live_server):
    first, again = io.StringIO(), io.StringIO()
    call_command("seed_demo", url=live_server.url, people=0, stdout=first)
    count = Slot.objects.count()
    call_command("seed_demo", url=live_server.url, people=0, stdout=again)

    assert first.getvalue().count(", 0 refused") == 4
    assert again.getvalue().count(": 0 created") == 4
    assert count == Slot.objects.count() > 500
    assert set(Slot.objects.values_list("trust_id", flat=True)) == {"RXL", "RXR", "RXN", "RTX"}


def test_a_demo_code_that_is_printed_opens_its_referral(prepared, live_server):
    call_command("seed_demo", url=live_server.url, people=0, stdout=io.StringIO())
    out = io.StringIO()
    call_command("demo_addresses", stdout=out)

    jane = people.PATIENTS[0]
    assert "7KQ4 9CRB" in out.getvalue()
    assert (
        authenticate_patient("7KQ4 9CRB", jane.born, now=timezone.now()).patient.given_name
        == "Jane"
    )


def test_preparing_says_what_it_loaded(prepared):
    assert "20 sites" in prepared
    assert f"{Exam.objects.count()} kinds of scan" in prepared
    assert Site.objects.count() == 20


def test_a_service_that_does_not_answer_is_a_clear_error(prepared):
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("seed_demo", url="http://127.0.0.1:9", stdout=io.StringIO())


def test_demo_people_are_of_the_kinds_that_are_never_real():
    assert all(demo.nhs_number.startswith("999") for demo in people.PATIENTS)
    assert all(demo.mobile.startswith("+447700900") for demo in people.PATIENTS if demo.mobile)
    assert all(demo.born < date(2010, 1, 1) for demo in people.PATIENTS)


def test_a_lost_day_of_the_demo_waits_for_its_lead(prepared, live_server, monkeypatch):
    monkeypatch.setattr(capacity, "DAYS", 6)
    call_command("seed_demo", url=live_server.url, people=0, stdout=io.StringIO())

    clinic = LostClinic.objects.get()
    assert clinic.state == "found"
    assert clinic.trust_id == "RXR", "the lead's own"
    people_of = LostPerson.objects.filter(clinic=clinic)
    assert people_of.count() >= 3
    assert people_of.filter(state="held").exists()
