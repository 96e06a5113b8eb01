"""Who did what when, in words; and who has looked. Never a number where a name is known."""

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from booking.appointments import trust_answers
from booking.changes import audit
from booking.clerk.screen import acts_in_words
from booking.exchange.feeds.keys import create_key
from booking.models import AuditAction, AuditEntry, Patient, Referral, WorklistRow
from booking.patients import calls
from booking.worklists import rows
from booking.worklists.subjects import of_appointment
from notifications.models import Inbound, Message
from notifications.opt_outs import hash_of
from tests.booking.clerk.conftest import text


def history(browser, referral, query=""):
    page = text(browser.get(f"/staff/patient/{referral.patient_id}/history/{query}"))
    lines = re.findall(r"<li>(.*?)</li>", page.partition("desk-history")[2], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in lines]


def reply(referral, body, now, **more):
    number = referral.patient.mobile
    return Inbound.objects.create(
        message_sid=body[:20], number=number, number_hash=hash_of(number), body=body,
        received_at=now, **more,
    )  # fmt: skip


@pytest.fixture
def carol(clerk):
    clerk.staff.user.first_name, clerk.staff.user.last_name = "Carol", "Ashworth"
    clerk.staff.user.save()
    return clerk


def test_every_act_of_the_audit_has_words():
    said = {*acts_in_words.DONE, *acts_in_words.WITH_TIME, *acts_in_words.LOOKS}
    said |= {AuditAction.URGENCY_CHANGED, AuditAction.EXAM_CHANGED, AuditAction.UNDONE}
    said |= {AuditAction.OFFER_ENDED, *acts_in_words.CALLS}

    assert said | acts_in_words.NOT_ABOUT_PATIENTS == set(AuditAction)
    assert not said & acts_in_words.NOT_ABOUT_PATIENTS


def test_it_says_who_did_what_when_with_texts_and_what_the_patient_wrote(
    carol, jane, booked, now, clock
):
    Message.objects.filter(kind="confirmation").update(
        state="delivered", accepted_at=now + timedelta(minutes=2)
    )
    reply(jane, "I will be there", now + timedelta(minutes=5), outcome="coming")
    key = create_key("RTX", now=now).partition(".")[0]
    trust_answers.attended(booked, booked.version, now=booked.end, actor=f"key {key}")

    said = history(carol, jane)

    assert any(
        "Carol Ashworth booked 2pm on Wednesday 2 December, Furness: patient phoned" in line
        and "10am, Tuesday 24 November 2026" in line
        for line in said
    ), said
    assert any("Text “Confirmation” : sent at 10:02am" in line and "delivered" in line
               for line in said), said  # fmt: skip
    assert any("The patient, by text wrote (coming) : I will be there" in line for line in said)
    assert any(
        "University Hospitals of Morecambe Bay’s system wrote down that the patient came" in line
        for line in said
    ), said
    assert not re.search(r"staff \d|key \w|RTX", " ".join(said))


def test_the_newest_stand_first_and_texts_that_wait_say_when_they_go(carol, jane, booked):
    said = history(carol, jane)

    waiting = [at for at, line in enumerate(said) if "goes at" in line]
    booked_at = [at for at, line in enumerate(said) if "Carol Ashworth booked" in line]
    assert waiting
    assert max(waiting) < min(booked_at)


def test_a_time_is_said_as_it_was_then_though_its_slot_has_moved(carol, jane, booked):
    booked.slot.start += timedelta(days=3)
    booked.slot.save()

    assert any("booked 2pm on Wednesday 2 December" in line for line in history(carol, jane))


def test_what_became_of_rows_is_in_it_and_those_of_another_trust_are_not(
    carol, jane, booked, now, other_trust
):
    with transaction.atomic():
        row = rows.open_row(
            "needs_person", of_appointment(booked), "Ring about parking.", now=now, actor="clock"
        )
    rows.take(row, carol.staff.user, now=now, actor=carol.staff.actor)

    said = " | ".join(history(carol, jane))
    assert (
        "This service, by itself put this on the list “Needs a person”: Ring about parking." in said
    )
    assert "Carol Ashworth took it from the list “Needs a person”" in said

    WorklistRow.objects.update(trust=other_trust)
    assert "Ring about parking" not in " | ".join(history(carol, jane))


def test_what_is_said_again_and_again_on_a_day_stands_once(carol, jane, now):
    for _ in range(12):
        audit.write("question answered", now=now, actor="patient", referral=jane)

    assert [line for line in history(carol, jane) if "(12 times)" in line] == [
        "10am, Tuesday 24 November 2026 The patient answered a question before the scan (12 times)"
    ]


def test_a_call_is_one_line_with_who_was_on_the_phone_and_what_was_checked(carol, jane, now):
    calls.check(jane.patient, carol.staff, calls.WhoCalls("patient"), [], seen="0", now=now)

    said = history(carol, jane)

    assert [line for line in said if "Carol Ashworth" in line] == [
        "10am, Tuesday 24 November 2026 Call : Carol Ashworth spoke with the patient; "
        "not checked who it was"
    ]


def test_with_two_requests_each_line_says_which(carol, jane, booked, make_referral):
    other = make_referral(code="4GHJ8WXC", given_name="X", modality="DX")
    Referral.objects.filter(pk=other.pk).update(patient=jane.patient)

    assert any("booked 2pm" in line and "MRI, knee" in line for line in history(carol, jane))


def test_a_long_history_is_shown_a_part_at_a_time(carol, jane, now):
    for minute in range(120):
        at = now - timedelta(minutes=minute)
        audit.write("note added", now=at, actor=f"staff {minute + 1000}", referral=jane)

    page = text(carol.get(f"/staff/patient/{jane.patient_id}/history/"))
    assert "?history=100#history" in page
    assert len(history(carol, jane)) == 50
    assert len(history(carol, jane, "?history=150")) == 120
    assert carol.get(f"/staff/patient/{jane.patient_id}/history/?history=x").status_code == 400


@pytest.mark.parametrize("trusts", [(), ("RXR",)], ids=["own", "another's"])
def test_words_from_a_phone_that_a_patient_of_another_trust_has_too_are_left_out(
    carol, jane, tom, now, other_trust, trusts
):
    if trusts:
        Referral.objects.filter(pk=tom.pk).update(trust=other_trust)
    reply(jane, "It is about Tom", now)

    said = " | ".join(history(carol, jane))

    assert ("It is about Tom" in said) == (not trusts)
    assert "From this phone, which others have, too" in said


def test_replies_that_were_shown_are_written_down_as_read(carol, jane, now):
    history(carol, jane)
    assert not AuditEntry.objects.filter(action="texts seen").exists()
    reply(jane, "Hello", now)

    history(carol, jane)

    assert AuditEntry.objects.get(action="texts seen").actor == carol.staff.actor


def test_who_reads_no_texts_sees_no_words_of_the_patient(sign_in, jane, now):
    reply(jane, "Hello", now)

    assert "Hello" not in " ".join(history(sign_in("imaging"), jane))


def test_the_screen_reads_nothing_of_it_and_asks_for_the_lines_alone(carol, jane, booked):
    screen = text(carol.get(f"/staff/patient/{jane.patient_id}/"))
    assert "booked 2pm on" not in screen
    assert f'data-hx-get="/staff/patient/{jane.patient_id}/history/"' in screen

    part = text(
        carol.get(f"/staff/patient/{jane.patient_id}/history/", headers={"HX-Request": "true"})
    )

    assert "booked 2pm on" in part
    assert "<html" not in part


def test_a_history_costs_the_same_however_long_it_is(carol, jane, booked, now):
    def count():
        with CaptureQueriesContext(connection) as counted:
            history(carol, jane)
        return len(counted)

    before = count()
    for minute in range(30):
        audit.write("note added", now=now, actor=f"staff {minute}", referral=jane)

    assert count() <= before


# --- who has looked


def test_who_has_looked_says_when_from_which_trust_and_why(carol, sign_in, jane, other_trust):
    page = f"/staff/patient/{jane.patient_id}/"
    carol.get(page)
    stranger = sign_in(trusts=("RXR",), username="sam")
    stranger.post(f"{page}reason/", {"reason": "cover"})
    stranger.get(page)

    said = text(sign_in("lead", username="lena").get(f"{page}looked/"))

    for words in ("Carol Ashworth", "University Hospitals of Morecambe Bay", "sam",
                  "East Lancashire Hospitals", "We cover for the other trust",
                  "Opened the patient"):  # fmt: skip
        assert words in said, words
    assert not re.search(r"staff \d", said)


def test_who_looked_at_a_record_that_was_joined_stands_there_too(carol, sign_in, jane, now):
    lost = Patient.objects.create(
        given_name="J", family_name="Fell", born=jane.patient.born, merged_into=jane.patient
    )
    audit.write("viewed", now=now, actor=carol.staff.actor, patient=lost)

    lead = sign_in("lead", username="lena")

    assert "Carol Ashworth" in text(lead.get(f"/staff/patient/{jane.patient_id}/looked/"))


def test_the_way_to_who_has_looked_is_on_a_leads_screen_alone(carol, sign_in, jane):
    page = f"/staff/patient/{jane.patient_id}/"

    assert f'href="{page}looked/"' not in text(carol.get(page))
    assert f'href="{page}looked/"' in text(sign_in("lead", username="lena").get(page))


def test_an_administrator_of_another_trust_is_told_nothing(sign_in, jane, other_trust):
    stranger = sign_in("trust_admin", trusts=("RXR",), username="tess")

    answer = stranger.get(f"/staff/patient/{jane.patient_id}/looked/")

    assert answer.status_code == 404
    assert "Jane" not in text(answer)
