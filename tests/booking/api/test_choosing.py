"""A referrer moves an appointment, keeps a time, lets go of it, and names the request."""

import json
from datetime import timedelta

import pytest

from booking.appointments import holds
from booking.models import Appointment, Referral, Slot
from notifications.models import Message
from tests.booking.api.conftest import said, wanted


def to(slot):
    return {"slot": [{"reference": f"Slot/{getattr(slot, 'pk', slot)}"}]}


def test_who_referred_moves_it_and_the_old_time_is_free(book, say, jane, make_slot, at_blackpool):
    old, new = make_slot(), at_blackpool(make_slot, hour=16)
    made = book(old).json()

    moved = say(made["id"], "booked", **to(new), start=new.start.isoformat())

    assert (moved.status_code, moved["ETag"]) == (200, 'W/"2"')
    assert (moved.json()["id"], moved.json()["slot"][0]["reference"]) == (
        made["id"], f"Slot/{new.pk}",
    )  # fmt: skip
    assert Slot.objects.get(pk=old.pk).free_at is not None
    assert Slot.objects.get(pk=new.pk).free_at is None
    assert Message.objects.filter(kind="changed").count() == 1


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [
        ("taken", 409, "conflict"),
        ("unknown", 422, "business-rule"),
        ("other scan", 422, "business-rule"),
        ("other times", 422, "value"),
        ("cancelled", 422, "business-rule"),
        ("two slots", 422, "business-rule"),
        ("stale", 412, "conflict"),
        ("no version", 428, "required"),
        ("who scans", 403, "forbidden"),
        ("begun", 422, "business-rule"),
        ("cancelled before", 409, "conflict"),
    ],
)
def test_what_cannot_be_moved_stays_where_it_is(  # noqa: C901 - a table of cases
    book, say, jane, tom, make_slot, at_blackpool, clock, case, status, code
):
    old, new = at_blackpool(make_slot), make_slot(hour=16)
    made, version = book(old).json(), 1
    fields, said_status, trust, version = to(new), "booked", "RTX", 1
    if case == "taken":
        book(new, "3XRD7JQF")
    elif case == "unknown":
        fields = to(10**6)
    elif case == "other scan":
        fields = to(make_slot(hour=17, modality="DX"))
    elif case == "other times":
        fields["end"] = "2027-01-01T09:00:00Z"
    elif case == "cancelled":
        said_status = "cancelled"
    elif case == "two slots":
        fields = {"slot": to(new)["slot"] + to(old)["slot"]}
    elif case == "stale":
        version = 2
    elif case == "no version":
        version = None
    elif case == "who scans":
        trust = "RXL"
    elif case == "begun":
        clock.move_to(old.start + timedelta(minutes=1), tick=False)
    elif case == "cancelled before":
        say(made["id"], "cancelled", cancelationReason={"coding": [{"code": "pat"}]})
        version = 2
    before = list(Appointment.objects.values())

    answer = say(made["id"], said_status, version=version, trust=trust, **fields)

    assert (answer.status_code, said(answer)[0]) == (status, code)
    assert list(Appointment.objects.values()) == before
    assert Slot.objects.get(pk=new.pk).held_by is None


def test_a_patch_of_the_slot_moves_it_too(book, system, jane, make_slot):
    made, new = book(make_slot()).json(), make_slot(hour=16)
    patch = [{"op": "replace", "path": "/slot/0/reference", "value": f"Slot/{new.pk}"}]

    answer = system(
        "patch", f"Appointment/{made['id']}", json.dumps(patch),
        content_type="application/json-patch+json", If_Match='W/"1"',
    )  # fmt: skip

    assert (answer.status_code, answer.json()["slot"][0]["reference"]) == (200, f"Slot/{new.pk}")


@pytest.fixture
def operate(system):
    def operate(name, slot, trust="RTX", **reference):
        reference = reference or {
            "identifier": {"system": "urn:scan-finder:referral", "value": "7KQ49CRB"}
        }
        body = {
            "resourceType": "Parameters",
            "parameter": [{"name": "basedOn", "valueReference": reference}],
        }
        return system(
            "post", f"Slot/{getattr(slot, 'pk', slot)}/${name}", json.dumps(body), trust=trust
        )

    return operate


def values(answer):
    return {
        one["name"]: next(v for k, v in one.items() if k != "name") for one in answer["parameter"]
    }


def test_a_hold_lasts_as_a_patients_does_and_has_an_end(operate, jane, make_slot, now, clock):
    slot = make_slot()

    first = operate("hold", slot)
    told = values(first.json())
    assert first.status_code == 200
    assert told["until"] == (now + holds.HOLD).isoformat()
    assert told["limit"] == (now + holds.LONGEST_HOLD).isoformat()
    for minutes in (14, 28, 42, 56):
        clock.move_to(now + timedelta(minutes=minutes), tick=False)
        again = values(operate("hold", slot).json())

    assert again["until"] == again["limit"] == told["limit"]


def test_a_hold_keeps_others_out_until_it_is_let_go(operate, book, jane, tom, make_slot):
    slot = make_slot()
    operate("hold", slot)

    assert book(slot, "3XRD7JQF").status_code == 409
    assert values(operate("release", slot).json()) == {"released": True}
    assert values(operate("release", slot).json()) == {"released": False}
    assert book(slot, "3XRD7JQF").status_code == 201
    assert operate("hold", slot).status_code == 409


def test_what_is_held_is_booked_and_one_at_a_time(operate, book, jane, make_slot):
    first, second = make_slot(), make_slot(hour=16)
    operate("hold", first)
    operate("hold", second)

    assert Slot.objects.get(held_by=jane).pk == second.pk
    assert book(second).status_code == 201


@pytest.mark.parametrize("name", ["hold", "release"])
def test_a_hold_is_for_a_referral_of_ones_own(operate, jane, make_slot, blackpool, name):
    slot = make_slot()

    theirs = operate(name, slot, trust="RXL")
    none = operate(name, slot, reference="ServiceRequest/999")
    assert (theirs.status_code, theirs.json()) == (422, none.json())
    assert operate(name, slot, reference="Patient/1").status_code == 400
    assert Slot.objects.get().held_by is None


@pytest.mark.parametrize("how", ["id", "address", "own number", "code"])
def test_a_request_is_named_as_its_sender_knows_it(system, jane, make_slot, how):
    Referral.objects.filter(pk=jane.pk).update(identifier="RTX-7")
    reference = {
        "id": {"reference": f"ServiceRequest/{jane.pk}", "type": "serviceRequest"},
        "address": {"reference": f"http://localhost/fhir/R4/ServiceRequest/{jane.pk}"},
        "own number": {"identifier": {"system": "urn:scan-finder:referral:RTX", "value": "RTX-7"}},
        "code": {"identifier": {"system": "urn:scan-finder:referral", "value": "7KQ49CRB"}},
    }[how]

    answer = system("post", "Appointment", wanted(make_slot(), basedOn=[reference]))

    assert answer.status_code == 201
    assert Appointment.objects.get().referral == jane


def test_another_trusts_number_is_no_way_in(system, jane, make_slot, blackpool):
    Referral.objects.filter(pk=jane.pk).update(identifier="RTX-7")
    by_number = {"identifier": {"system": "urn:scan-finder:referral:RTX", "value": "RTX-7"}}
    by_id = {"reference": f"ServiceRequest/{jane.pk}"}

    slot = make_slot()
    answers = [
        system("post", "Appointment", wanted(slot, basedOn=[one]), trust="RXL")
        for one in (by_number, by_id)
    ]

    assert [one.status_code for one in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
    assert not Appointment.objects.exists()
