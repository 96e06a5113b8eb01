"""The contained Patient of a referral: what of FHIR's telecom, address and contact is read."""

from datetime import date

import pytest

from booking.models import Patient
from booking.patients import reach
from notifications.models import Message
from tests.booking.referrals.test_intake import knee, post, resource  # noqa: F401 - fixtures

OVER, LATER = {"end": "2026-11-01"}, {"start": "2026-12-24"}
KIN = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "N"}]},
       {"text": "daughter"}]  # fmt: skip
MAY_SPEAK = {
    "url": "urn:scan-finder:may-speak",
    "extension": [
        {"url": "answer", "valueBoolean": True},
        {"url": "agreed", "valueString": "times only"},
        {"url": "on", "valueDate": "2026-11-02"},
    ],
}


def phone(value, use="home", system="phone", **more):
    return {"system": system, "value": value, "use": use, **more}


def with_patient(**parts):
    sent = resource()
    sent["contained"] = [{"resourceType": "Practitioner"}, {**sent["contained"][0], **parts}]
    return sent


@pytest.mark.parametrize(
    ("telecom", "mobile", "phones"),
    [
        ([phone("01229 870870"), phone("07700 900461", "mobile")],
         "+447700900461", {"+441229870870": "home"}),
        ([phone("07700 900461", "old"), phone("07700 900999", "mobile")], "+447700900999", {}),
        ([phone("07700 900461", "mobile", period=OVER), phone("01229 870870", "work")],
         "", {"+441229870870": "work"}),
        ([phone("07700 900461", "mobile", period=LATER)], "", {}),
        ([phone("07700 900461", period={"start": "2026", "end": "2026-11-24T09:00:00Z"})],
         "+447700900461", {}),
        ([phone("07700 900461", "mobile", rank=2), phone("07700 900999", "mobile", rank=1)],
         "+447700900999", {"+447700900461": "mobile"}),
        ([phone("01229 870870", "mobile", "sms")], "", {"+441229870870": "mobile"}),
        ([phone("01229 870870", "home", "fax"), phone("http://x", "home", "url")], "", {}),
        ([], "", {}),
    ],
)  # fmt: skip
def test_only_numbers_in_use_are_taken_and_only_a_mobile_is_texted(
    post, telecom, mobile, phones  # noqa: F811 - the fixture
):  # fmt: skip
    assert post(with_patient(telecom=telecom)).status_code == 201

    patient = Patient.objects.get()
    assert patient.mobile == mobile
    assert dict(reach.reach_of(patient).phones) == phones
    assert set(Message.objects.values_list("to", flat=True)) <= {mobile}


def test_email_address_and_people_are_taken(post):  # noqa: F811 - the fixture
    contact = {
        "relationship": KIN, "name": {"family": "Fell", "given": ["Mary"]},
        "telecom": [phone("01524 65944", "old"), phone("01524 65955")], "extension": [MAY_SPEAK],
    }  # fmt: skip
    gone = {"name": {"text": "Gone"}, "period": OVER}

    answer = post(
        with_patient(
            telecom=[phone("a@example.com", system="email", rank=2),
                     phone("b@example.com", system="email", rank=1)],
            address=[{"use": "old", "line": ["9 Old Road"], "postalCode": "PR1 1AA"},
                     {"use": "home", "line": ["1 High Street"], "city": "Barrow",
                      "postalCode": "LA14 4LF"}],
            contact=[gone, contact],
        )
    )  # fmt: skip

    assert answer.status_code == 201
    patient = Patient.objects.get()
    assert (patient.email, patient.address, patient.postcode) == (
        "b@example.com", "1 High Street\nBarrow", "LA14 4LF",
    )  # fmt: skip
    assert reach.reach_of(patient).contacts == (
        reach.ContactDetails("Mary Fell", "daughter", "+44152465955", True, True, "times only",
                             date(2026, 11, 2)),
    )  # fmt: skip


def test_each_error_names_where_in_the_resource_it_is(post):  # noqa: F811 - the fixture
    answer = post(
        with_patient(
            telecom=[phone("07700 900461"), phone("12"), phone("ann", system="email")],
            address=[{"use": "old"}, {"line": ["x"] * 9 + ["y"] * 200, "postalCode": "x" * 9}],
            contact=[{"name": {"text": "A"}}, {"telecom": [phone("1", "old"), phone("12")]}],
        )
    )

    assert answer.status_code == 422
    at = {issue["expression"][0].removeprefix("ServiceRequest.contained[1].")
          for issue in answer.json()["issue"]}  # fmt: skip
    assert at == {
        "telecom[1]", "telecom[2]", "address[1].postalCode", "contact[1].telecom[1]",
        "contact[1].name",
    }  # fmt: skip
    assert "12" not in str([issue["diagnostics"] for issue in answer.json()["issue"]])
