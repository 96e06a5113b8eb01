"""A call: what ends it, what a stale page may not do to it, and its line in the history."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.clerk.call_words import say_call
from booking.models import Call
from booking.patients import calls
from booking.patients.calls import WhoCalls

PATIENT = WhoCalls("patient")


@pytest.fixture
def carol(make_staff):
    return make_staff(username="carol")


@pytest.fixture
def call(jane, carol, now):
    return calls.check(jane.patient, carol, PATIENT, ["born"], seen="0", now=now)


@pytest.mark.parametrize("which", ["the kept", "the lost"])
def test_what_was_checked_against_one_record_is_not_checked_against_two(
    call, jane, tom, carol, now, which
):
    pair = (jane.patient, tom.patient) if which == "the kept" else (tom.patient, jane.patient)
    later = now + timedelta(minutes=5)

    calls.end_all(pair, now=later)

    call.refresh_from_db()
    assert (call.ended_at, call.version) == (later, 2)
    with pytest.raises(calls.CallChanged):
        calls.check(jane.patient, carol, PATIENT, ["number"], seen=f"{call.pk}.1", now=later)


def test_the_end_of_all_leaves_the_calls_about_others_and_those_that_are_over(call, tom, now):
    calls.end_all([tom.patient], now=now)
    call.refresh_from_db()
    assert call.ended_at is None

    calls.end_all([call.patient], now=now + calls.LASTS)

    call.refresh_from_db()
    assert call.ended_at is None, "it lasted two hours, whatever came after"


@pytest.mark.parametrize("seen", ["", "0", "x.1", "{pk}", "{pk}.2", "{pk}.x", "999999.1"])
def test_a_page_that_shows_another_call_ends_none(call, carol, now, seen):
    with pytest.raises(calls.CallChanged):
        calls.end(call.patient, carol, seen=seen.format(pk=call.pk), now=now)

    call.refresh_from_db()
    assert call.ended_at is None


def test_nobody_ends_the_call_of_a_colleague(call, make_staff, now):
    with pytest.raises(calls.CallChanged):
        calls.end(call.patient, make_staff(username="bob"), seen=f"{call.pk}.1", now=now)


def test_of_a_contact_of_somebody_else_no_call_is_made(jane, tom, carol, now):
    his = tom.patient.contacts.create(key="ann", name="Ann", relationship="wife")

    for contact in (his, None):
        who = WhoCalls("contact", contact)
        with pytest.raises(calls.CallerInvalid) as refused:
            calls.check(jane.patient, carol, who, ["born"], seen="0", now=now)
        assert refused.value.field == "caller"
    assert not Call.objects.exists()


NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"checked": ["number", "born"], "ended_at": NINE},
            "carol spoke with the patient, until 9am; checked: date of birth, a number of theirs",
        ),
        ({"checked": ["born"]}, "carol spoke with the patient; not checked who it was"),
        (
            {"caller": "parent", "caller_name": "Ann Fell"},
            "carol spoke with Ann Fell, a parent or guardian; not checked who it was",
        ),
        (
            {"caller": "interpreter"},
            "carol spoke with the patient, with an interpreter; not checked who it was",
        ),
        (
            {"caller": "contact"},
            "carol spoke with somebody whom the patient named; not checked who it was",
        ),
        ({"caller": "other"}, "carol spoke with somebody else; not checked who it was"),
        ({"tried": "no_answer", "ended_at": NINE}, "carol phoned: no answer"),
    ],
)
def test_a_call_is_a_line_of_the_history(call, fields, says):
    Call.objects.update(**{"checked": [], **fields})

    assert say_call(Call.objects.get()) == says
