"""What is left of a patient in a log line: nothing."""

import logging

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.utils import timezone

from config.logs import Scrubbed
from notifications.models import Message
from tests.booking.signing_in import prove


def line(message: str, fault: BaseException | None = None) -> str:
    info = (type(fault), fault, fault.__traceback__) if fault else None
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, message, (), info)
    return Scrubbed("{levelname} {message}", style="{").format(record)


@pytest.mark.parametrize(
    "number",
    ["+447700900123", "%2B447700900123", "07700900123", "07700 900123", "447700900123",
     "00447700900123", "+44 7700 900 123"],
)  # fmt: skip
def test_a_number_is_not_written(number):
    said = line(f"POST To={number}&Body=x")
    assert "900123" not in said.replace(" ", "")
    assert said.startswith("ERROR POST To=(number)&Body")


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["7KQ49CRB", "7kq4 9crb", "7KQ4-9CRB"])
def test_a_booking_code_is_not_written_of_a_wrong_date_of_birth(client, caplog, code):
    with caplog.at_level(logging.DEBUG):
        prove(client, code, born=("1", "1", "1990"))

    said = [one.getMessage() for one in caplog.records]
    assert "Bad Request: /born/" in said  # the test is not blind
    assert not [one for one in said if "9CRB" in one.upper()]


@pytest.mark.parametrize("code", ["7KQ49CRB", "7kq4%209crb", "7KQ4-9CRB", "7kq4 9crb"])
def test_the_address_of_a_link_is_written_without_its_code(code):
    assert line(f"Bad Request: /a/{code}") == "ERROR Bad Request: /a/(code)"


@pytest.mark.parametrize(
    "harmless", ["2026-11-24 20:47:00", "0dd08a4d-b910-438d-99b5-4f0acc2a7f6f", "took 0.0712 s"]
)
def test_times_and_ids_are_written(harmless):
    assert line(harmless) == f"ERROR {harmless}"


@pytest.mark.django_db
def test_a_row_that_broke_a_rule_is_not_quoted():
    now = timezone.now()
    with pytest.raises(IntegrityError) as broken:
        Message.objects.create(
            kind="confirmation", subject="A", subject_version=1, dedupe_key="A", to="+447700900123",
            body="Jane, your scan", state="ready", planned_at=None, due_at=now, not_after=now,
            priority=1, created_at=now, updated_at=now,
        )  # fmt: skip
    said = line("a task failed", broken.value)
    assert "IntegrityError" in said
    assert "Jane" not in said
    assert "900123" not in said
    if connection.vendor == "postgresql":
        assert "Jane" in str(broken.value)  # the test is not blind


def test_every_handler_writes_such_lines():
    assert settings.LOGGING["formatters"]["line"]["()"] == "config.logs.Scrubbed"
    assert {handler["formatter"] for handler in settings.LOGGING["handlers"].values()} == {"line"}


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "a b", "x" * 3000, "[::1", "under_score", "", "@", "a/b",
     "evil.example\r\nX: 1"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/staff/desk/", "/fhir/R4/Slot", "/api/v1/places"])
@pytest.mark.django_db
def test_a_bad_host_is_refused_in_one_line(client, caplog, host, path):
    client.raise_request_exception = False
    with caplog.at_level(logging.DEBUG):
        answer = client.get(path, headers={"host": host})

    assert answer.status_code == 400
    assert host not in answer.content.decode() or len(host) < 3
    said = [one for one in caplog.records if one.name.startswith("django.security")]
    lines = [Scrubbed("{message}", style="{").format(one) for one in said]
    assert [one for one in said if one.exc_info], "Django gives a traceback: the test is not blind"
    assert [len(one.splitlines()) for one in lines] == [1] * len(said)


def test_a_fault_of_ours_keeps_its_traceback():
    with pytest.raises(RuntimeError) as broken:
        raise RuntimeError

    assert "Traceback" in line("it broke", broken.value)
