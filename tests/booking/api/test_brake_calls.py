"""The brake holds what is taken away by whatever call it comes."""

import pytest

from booking.exchange.feeds import decisions
from booking.models import Appointment, Slot
from tests.booking.exchange.feeds.test_brake import changed, forty  # noqa: F401 - the fixture


def by_put(send, lines):
    return [send("PUT", f"/fhir/R4/Slot/{one['id']}", one) for one in lines]


def by_bundle(send, lines, kind="batch"):
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"Slot/{one['id']}"}} for one in lines
    ]
    return [send("POST", "/fhir/R4/", {"resourceType": "Bundle", "type": kind, "entry": entries})]


def by_transaction(send, lines):
    return by_bundle(send, lines, "transaction")


@pytest.mark.parametrize("call", [by_put, by_bundle, by_transaction])
def test_the_third_booked_time_is_held_by_whatever_call(forty, send, call):  # noqa: F811
    answers = call(send, changed(forty[:3], status="entered-in-error"))

    assert all(one.status_code in (200, 201) for one in answers), answers[-1].content
    assert b'"held"' in answers[-1].content
    assert decisions.held_loss("RTX")
    statuses = list(Appointment.objects.values_list("status", flat=True))
    assert statuses.count("displaced") == (2 if call is by_put else 0)
    assert Slot.objects.filter(external_id="s03").get().free_at is None
