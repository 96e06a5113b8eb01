"""What a trust answers over the API, and the list of changes that it reads."""

import json
from datetime import timedelta

import pytest
from fhir.resources.R4B.appointment import Appointment as FhirAppointment
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome

from booking.appointments import booking, holds
from booking.models import Appointment, Feed, Referral, Slot, WorklistRow
from notifications.models import Message
from sites.models import Trust
from tests.booking.api.conftest import because


def issue(response):
    return OperationOutcome.model_validate(response.json()).issue[0]


# --- a trust that confirms in its own system --------------------------------------------------


@pytest.fixture
def pending(book, jane, make_slot, trust):
    """A booking that the trust has to confirm."""
    Feed.objects.filter(trust=trust).update(confirms=True)
    return book(make_slot(day=20)).json()


def test_where_the_trust_confirms_a_booking_is_pending(pending, now):
    found = Appointment.objects.get()

    assert (pending["status"], found.status) == ("pending", "pending")
    assert pending["participant"][1]["status"] == "needs-action"
    assert found.confirm_by == now + timedelta(hours=24)
    texts = Message.objects.filter(state__in=["ready", "scheduled"])
    assert [text.kind for text in texts] == ["pending"]


def test_the_trust_confirms_and_the_patient_is_told_and_reminded(pending, say):
    response = say(pending["id"], "booked")

    assert (response.json()["status"], response["ETag"]) == ("booked", 'W/"2"')
    assert Appointment.objects.get().confirm_by is None
    kinds = Message.objects.filter(subject_version=2).values_list("kind", flat=True)
    assert sorted(kinds) == ["confirmed", "reminder_2_days", "reminder_7_days"]


def test_the_trust_refuses_and_the_patient_is_offered_another(pending, say):
    response = say(pending["id"], "cancelled")

    assert response.json()["status"] == "cancelled"
    assert Appointment.objects.get().status == "displaced"
    assert WorklistRow.objects.get().kind == "displaced"
    assert Message.objects.filter(kind="displaced").count() == 1


def test_a_refused_time_is_not_offered_to_the_next_patient(pending, say, book, tom):
    slot = Slot.objects.get()
    say(pending["id"], "cancelled")

    assert book(slot, "3XRD7JQF").status_code == 409


def test_only_the_trust_that_scans_may_confirm(book, say, jane, make_slot, at_blackpool):
    Feed.objects.filter(trust_id="RXL").update(confirms=True)
    slot = at_blackpool(make_slot)
    made = book(slot).json()

    assert made["status"] == "pending"
    assert say(made["id"], "booked", trust="RTX").status_code == 403
    assert say(made["id"], "booked", trust="RXL").status_code == 200


# --- who came -----------------------------------------------------------------------------------


def test_the_trust_says_who_came_and_who_did_not(book, say, jane, tom, make_slot, clock):
    came, missed = book(make_slot()).json(), book(make_slot(hour=16), "3XRD7JQF").json()

    early = say(came["id"], "fulfilled")
    clock.shift(timedelta(days=9))
    first, second = say(came["id"], "fulfilled"), say(missed["id"], "noshow")

    assert (early.status_code, issue(early).code) == (422, "business-rule")
    assert (first.json()["status"], second.json()["status"]) == ("fulfilled", "noshow")
    row = WorklistRow.objects.get()
    assert (row.kind, row.appointment.reference) == ("not_rebooked", missed["id"])
    FhirAppointment.model_validate(second.json())


@pytest.mark.parametrize(
    "status",
    ["proposed", "pending", "waitlist", "arrived", "checked-in", "entered-in-error", "Booked", ""],
)
def test_a_status_that_no_trust_may_say_is_422_and_says_which_it_may(
    book, say, jane, make_slot, status
):
    made = book(make_slot()).json()

    answer = say(made["id"], status)

    assert (answer.status_code, issue(answer).code) == (422, "value")
    assert "booked, cancelled, fulfilled, noshow" in issue(answer).diagnostics
    found = Appointment.objects.get()
    assert (found.status, found.version) == ("booked", 1)


HL7 = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"


@pytest.mark.parametrize(
    "reason",
    [
        {"cancelationReason": {"coding": [{"system": "urn:ris", "code": "X1"},
                                          {"system": HL7, "code": "pat"}]}},
        {"cancelationReason": {"coding": [{"display": "?"}, {"code": " pat-mv "}]}},
        {"cancellationReason": {"coding": [{"system": HL7, "code": "pat"}]}},
    ],
)  # fmt: skip
def test_the_patients_reason_is_read_wherever_it_stands(book, say, jane, make_slot, reason):
    made = book(make_slot()).json()

    answer = say(made["id"], "cancelled", **reason).json()

    assert answer["cancelationReason"]["coding"][0]["code"] == "pat"
    assert Slot.objects.get().free_at is not None


# --- the list of changes ------------------------------------------------------------------------


def follow(system, trust="RTX", since="", count=2):
    """Read the list as a trust does: page after page; return statuses by id, and where it is."""
    found, path = [], f"Appointment?_sort=_lastUpdated&_count={count}"
    if since:
        path += f"&_lastUpdated=gt{since}"
    while path:
        bundle = system("get", path, trust=trust).json()
        Bundle.model_validate(bundle)
        found += [entry["resource"] for entry in bundle.get("entry", [])]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        path = links["next"].split("/fhir/R4/")[1] if "next" in links else ""
    last = found[-1]["meta"]["lastUpdated"] if found else since
    return [(one["id"], one["status"]) for one in found], last


def test_a_trust_reads_its_bookings_and_then_only_what_changed(
    book, say, system, make_referral, make_slot
):
    codes = [f"7KQ49CR{letter}" for letter in "23456"]
    made = [
        book(make_slot(hour=9 + n), make_referral(code=code).code).json()["id"]
        for n, code in enumerate(codes)
    ]

    first, since = follow(system)
    say(made[1], "cancelled", **because("pat"))
    second, since = follow(system, since=since)
    third, _ = follow(system, since=since)

    assert [one for one, _ in first] == made
    assert second == [(made[1], "cancelled")]
    assert third == []


def test_who_moves_to_another_trust_is_cancelled_for_the_first(
    system, jane, make_slot, at_blackpool, now
):
    Referral.objects.update(trust=Trust.objects.create(code="RXR", name="East Lancashire"))
    jane.refresh_from_db()
    for slot in (make_slot(), at_blackpool(make_slot, hour=16)):
        holds.hold(jane, slot.pk, now=now)
        made = booking.book(jane, slot.pk, now=now, actor="patient").reference

    referrer, _ = follow(system, "RXR")
    left, _ = follow(system, "RTX")
    came, _ = follow(system, "RXL")

    assert (left, came) == ([(made, "cancelled")], [(made, "booked")])
    assert referrer == [(made, "booked")], "who referred hears of it wherever it is"
    assert "Blackpool" not in json.dumps(left)


@pytest.mark.parametrize(
    "query",
    ["_lastUpdated=x", "_lastUpdated=lt2026-12-01", "_sort=-_lastUpdated", "_count=0", "_count=x"],
)
def test_a_list_that_cannot_be_given_is_400(system, query):
    response = system("get", f"Appointment?{query}")

    assert (response.status_code, issue(response).code) == (400, "value")


def test_without_a_key_there_is_no_door(client, db):
    for verb in ("get", "post", "put", "patch"):
        path = "/fhir/R4/Appointment" + ("/22222222" if verb in ("put", "patch") else "")
        assert getattr(client, verb)(path).status_code == 401


def test_addresses_and_logs_name_nobody(book, say, system, jane, make_slot, caplog):
    made = book(make_slot())
    say(made.json()["id"], "cancelled")

    assert "Fell" not in caplog.text
    assert "7KQ49CRB" not in caplog.text + made["Location"]
