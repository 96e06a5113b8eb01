"""`GET /fhir/R4/metadata`, and the description of every address."""

import yaml
from fhir.resources.R4B.capabilitystatement import CapabilityStatement


def test_the_capability_statement_is_valid_and_open(client):
    response = client.get("/fhir/R4/metadata")

    assert response["Content-Type"] == "application/fhir+json"
    found = CapabilityStatement.model_validate(response.json())
    assert [one.type for one in found.rest[0].resource] == [
        "Location", "Schedule", "Slot", "Appointment", "ServiceRequest",
    ]  # fmt: skip
    assert [one.name for one in found.rest[0].operation] == [
        "import",
        "process-message",
        "hold",
        "release",
        "bulk-publish",
    ]


def test_every_fhir_address_is_described(client, db):
    schema = yaml.safe_load(client.get("/api/schema/").content)

    paths = {path: said for path, said in schema["paths"].items() if "/fhir/R4/" in path}
    assert "/fhir/R4/$bulk-publish" in paths
    assert "/fhir/R4/$bulk-publish/{name}.ndjson" in paths
    for path, verbs in paths.items():
        for verb, said in verbs.items():
            assert said.get("description"), (verb, path)
