"""`GET /fhir/R4/metadata`, and the description of every address."""

import pytest
import yaml
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from tests.booking.api.test_permissions import CLOSED, every_address

pytestmark = pytest.mark.django_db  # how often an address comes is counted


def test_the_capability_statement_is_valid_and_open(client):
    response = client.get("/fhir/R4/metadata")

    assert response["Content-Type"] == "application/fhir+json"
    found = CapabilityStatement.model_validate(response.json())
    assert [one.type for one in found.rest[0].resource] == [
        "Location", "Schedule", "Slot", "ServiceRequest", "Appointment", "MessageDefinition",
        "Questionnaire", "QuestionnaireResponse",
    ]  # fmt: skip
    assert [one.name for one in found.rest[0].operation] == [
        "import",
        "process-message",
        "hold",
        "release",
        "bulk-publish",
    ]


WORDS = {
    ("", "GET"): "search-type", ("", "POST"): "create", ("/<str:id>", "GET"): "read",
    ("/<str:id>", "PUT"): "update", ("/<str:id>", "PATCH"): "patch",
}  # fmt: skip


def test_the_capability_statement_says_what_each_address_does_and_knows(client):
    said = client.get("/fhir/R4/metadata").json()["rest"][0]["resource"]
    views = dict(every_address())

    for one in said:
        name = one["type"]
        does = {
            word
            for (end, method), word in WORDS.items()
            if (f"fhir/R4/{name}{end}", method) in CLOSED
        }
        assert {interaction["code"] for interaction in one["interaction"]} == does, name
        search = views.get(f"fhir/R4/{name}")
        knows = search.cls.takes["get"].names if search else set()
        listed = {param["name"] for param in one.get("searchParam", [])}
        assert listed <= knows
        assert {param for param in knows - listed if param[0] != "_"} <= {
            "schedule.actor:HealthcareService", "Schedule.actor:HealthcareService",
        }, name  # fmt: skip
    types = {address.split("/")[2] for address, _ in CLOSED if address.count("/") > 1}
    assert {one for one in types if one.isalpha()} == {one["type"] for one in said}


def test_every_fhir_address_is_described(client, db):
    schema = yaml.safe_load(client.get("/api/schema/").content)

    paths = {path: said for path, said in schema["paths"].items() if "/fhir/R4/" in path}
    assert "/fhir/R4/$bulk-publish" in paths
    assert "/fhir/R4/$bulk-publish/{name}.ndjson" in paths
    for path, verbs in paths.items():
        for verb, said in verbs.items():
            assert said.get("description"), (verb, path)
