"""What a trust has otherwise than we do after a restore: each is a row, once."""

import json

import pytest
from django.core.management.base import CommandError

from booking.appointments import booking, holds
from booking.models import Appointment, WorklistRow
from booking.worklists import rows

HEAD = "reference,status,start,slot,nhs_number\n"
NHS = "9990000018"


@pytest.fixture(autouse=True)
def _stand_still(time_machine, now):
    time_machine.move_to(now, tick=False)


@pytest.fixture
def made(jane, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


@pytest.fixture
def say(tmp_path, command, trust):
    """What the command says of a file with these lines."""

    def say(*lines, name="theirs.csv", trust="RTX"):
        path = tmp_path / name
        path.write_text(lines[0] if name.endswith("json") else HEAD + "\n".join(lines))
        return command("after_restore", "--trust", trust, path).strip()

    return say


def test_a_booking_that_we_lost_is_tied_to_the_request_that_waits(say, make_referral, make_slot):
    jane = make_referral(nhs_number=NHS)
    make_slot(external_id="s1", hour=9)

    assert say(f"7KQ49CRB,booked,,s1,{NHS}") == "1 put on the list."

    row = WorklistRow.objects.get()
    assert (row.kind, row.referral, row.trust_id) == ("needs_person", jane, "RTX")
    assert row.reason == (
        "The hospital has a booking of 9am on Wednesday 2 December, Furness that we lost when a"
        " backup was put back. Phone the patient and book it again."
    )


def test_one_whose_request_was_lost_too_says_whom_to_ask(say):
    say(f"7KQ49CRB,booked,2026-12-02T09:00:00+00:00,s1,{NHS}")

    row = WorklistRow.objects.get()
    assert (row.referral, row.trust_id) == (None, "RTX")
    assert "Ask the hospital who it is" in row.reason


def test_it_is_listed_once_however_often_it_is_said_and_seen_to(say, now):
    say("7KQ49CRB,booked,,,")
    rows.close_row(WorklistRow.objects.get(), "resolved", now=now, actor="staff 1")

    assert say("7KQ49CRB,booked,,,") == "1 on the list before."

    assert WorklistRow.objects.count() == 1


def test_what_both_have_is_on_no_list(say, made):
    assert say(f"{made.reference},booked,{made.start.isoformat()},,") == "1 as we have them."

    assert not WorklistRow.objects.exists()


def test_what_they_cancelled_and_we_have_is_listed(say, made):
    say(f"{made.reference},cancelled,,,")

    row = WorklistRow.objects.get()
    assert row.appointment == made
    assert "as over, and we as booked" in row.reason
    assert Appointment.objects.get().status == "booked"


def test_what_we_cancelled_and_they_have_is_listed(say, made):
    Appointment.objects.update(status="cancelled")

    say(f"{made.reference},booked,,,")

    assert "we have it as over" in WorklistRow.objects.get().reason


def test_what_they_have_at_another_time_is_listed(say, made):
    say(f"{made.reference},booked,2026-12-02T18:30:00+00:00,,")

    said = WorklistRow.objects.get().reason
    assert "at 6:30pm on Wednesday 2 December, and we at another" in said


@pytest.mark.parametrize("status", ["cancelled", "noshow", "fulfilled"])
def test_what_is_over_and_was_never_known_here_is_nobodys_work(say, status):
    assert say(f"7KQ49CRB,{status},,,") == "1 as we have them."


@pytest.mark.parametrize("mark", ["attended", "did_not_attend"])
def test_what_is_marked_here_is_settled(say, made, mark):
    Appointment.objects.update(status=mark)

    say(f"{made.reference},fulfilled,,,")

    assert not WorklistRow.objects.exists()


def test_another_trusts_bookings_are_not_touched(say, made, blackburn):
    assert say(f"{made.reference},cancelled,,,", trust="RXR") == "1 of other trusts."

    assert not WorklistRow.objects.exists()


def test_the_appointments_as_a_trust_read_them_do_as_well(say):
    one = {
        "resourceType": "Appointment", "id": "7KQ49CRB", "status": "booked",
        "start": "2026-12-02T09:00:00+00:00", "slot": [{"identifier": {"value": "s1"}}],
        "contained": [{"identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number",
                                       "value": NHS}]}],
    }  # fmt: skip
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one}]}

    assert say(json.dumps(bundle), name="a.json") == "1 put on the list."
    assert say(json.dumps([one]), name="b.json") == "1 on the list before."
    assert say(json.dumps(one), name="c.json") == "1 on the list before."
    lines = "\n".join([json.dumps(one)] * 2)
    assert say(lines, name="d.ndjson") == "2 on the list before."


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("hello,booked,,,", "reference: not one of ours"),
        ("7KQ49CRB,asleep,,,", "status: one of booked"),
        ("7KQ49CRB,booked,tomorrow,,", "start: an instant"),
        ("7KQ49CRB,booked,2026-12-02T09:00:00,,", "start: it has no offset"),
        ("7KQ49CRB,booked,,\0,", "it holds a character that cannot be kept"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_never_quoted(say, line, why):
    said = say(line, "7KQ49CRC,booked,,,")

    assert f"line 1: {why}" in said
    assert "1 put on the list" in said
    assert "hello" not in said


def test_a_wrong_nhs_number_finds_nobody(say, make_referral):
    make_referral(nhs_number=NHS)

    say("7KQ49CRB,booked,,,9990000019")

    assert WorklistRow.objects.get().referral is None


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.json", "{", "it is not JSON"),
        ("a.json", "3", "it holds no list"),
        ("a.csv", "a,b\n", "it has no column reference, status"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, command, trust, name, text, why):
    (tmp_path / name).write_text(text)

    with pytest.raises(CommandError, match=why):
        command("after_restore", "--trust", "RTX", tmp_path / name)


def test_a_file_or_a_trust_that_is_not_there_is_refused(tmp_path, command, trust):
    with pytest.raises(CommandError, match="cannot be read"):
        command("after_restore", "--trust", "RTX", tmp_path / "none.csv")
    with pytest.raises(CommandError, match="Known: RTX"):
        command("after_restore", "--trust", "XXX", tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(b"\xe9")
    with pytest.raises(CommandError, match="not UTF-8"):
        command("after_restore", "--trust", "RTX", tmp_path / "latin.csv")
