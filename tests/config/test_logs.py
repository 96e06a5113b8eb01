"""What is left of a patient in a log line: nothing."""

import json
import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from celery.app.trace import build_tracer
from celery.signals import before_task_publish
from django.conf import settings
from django.db import IntegrityError, connection
from django.utils import timezone

from config.celery import app
from config.logs import Lines
from notifications.models import Message
from received import trace
from tests.booking.signing_in import prove


def line(message: str, fault: BaseException | None = None) -> str:
    info = (type(fault), fault, fault.__traceback__) if fault else None
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, message, (), info)
    return Lines(is_json=False).format(record).partition(" ")[2]


def entry(message: str, *values: object, fault: BaseException | None = None, name: str = "x"):
    """What a line says as JSON, which must be one line."""
    info = (type(fault), fault, fault.__traceback__) if fault else None
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, values, info)
    said = Lines(is_json=True).format(record)
    assert len(said.splitlines()) == 1
    return json.loads(said)


@pytest.mark.parametrize(
    "number",
    ["+447700900123", "%2B447700900123", "07700900123", "07700 900123", "447700900123",
     "00447700900123", "+44 7700 900 123"],
)  # fmt: skip
def test_a_number_is_not_written(number):
    said = line(f"POST To={number}&Body=x")
    assert "900123" not in said.replace(" ", "")
    assert said.startswith("ERROR x POST To=(number)&Body")


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
    assert line(f"Bad Request: /a/{code}") == "ERROR x Bad Request: /a/(code)"


@pytest.mark.parametrize(
    "harmless", ["2026-11-24 20:47:00", "0dd08a4d-b910-438d-99b5-4f0acc2a7f6f", "took 0.0712 s"]
)
def test_times_and_ids_are_written(harmless):
    assert line(harmless) == f"ERROR x {harmless}"


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
    assert settings.LOGGING["formatters"]["line"]["()"] == "config.logs.Lines"
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
    lines = [Lines(is_json=False).format(one) for one in said]
    assert [one for one in said if one.exc_info], "Django gives a traceback: the test is not blind"
    assert [len(one.splitlines()) for one in lines] == [1] * len(said)


def test_a_fault_of_ours_keeps_its_traceback():
    with pytest.raises(RuntimeError) as broken:
        raise RuntimeError

    assert "Traceback" in line("it broke", broken.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029", "\x0b", "\x1b[2K"])
def test_what_came_in_cannot_forge_a_line(end):
    forged = f"Not Found: /x{end}2026-11-28T02:00:00+00:00 ERROR audit the seal is broken"

    assert len(line(forged).splitlines()) == 1
    assert "\x1b" not in line(forged)
    assert entry("Not Found: %s", forged)["event"].endswith(forged)  # as a value, whole
    with pytest.raises(ValueError, match="forged") as broken:
        raise ValueError(f"forged{end}2026-11-28 ERROR audit")
    said = line("it broke", broken.value).splitlines()
    assert [one for one in said[1:] if not one.startswith("    ")] == []


def test_a_line_says_when_in_utc_where_and_how_bad():
    before = time.time()
    said = entry("text %s went", 7, name="notifications.dispatch")
    at = datetime.fromisoformat(said.pop("at"))

    assert at.utcoffset() == timedelta(0)
    assert before - 1 <= at.timestamp() <= time.time()
    assert said == {"event": "text 7 went", "level": "error", "logger": "notifications.dispatch"}


def test_a_traceback_of_ours_stands_in_its_entry_and_a_refusals_does_not():
    with pytest.raises(RuntimeError) as broken:
        raise RuntimeError("of +447700900123 in /a/7KQ49CRB")

    said = entry("it broke", fault=broken.value)["exception"]
    assert "Traceback" in said
    assert "900123" not in said
    assert "7KQ49CRB" not in said
    assert "exception" not in entry("x", fault=broken.value, name="django.security.DisallowedHost")


def test_an_entry_carries_the_id_of_its_request():
    with trace.tracing() as identifier:
        assert entry("x")["request"] == identifier
        assert f"[{identifier}]" in line("x")
    assert "request" not in entry("x")


@pytest.mark.django_db
def test_each_request_has_an_id_of_its_own_that_nobody_chooses(client, caplog):
    chosen = "07700900123"
    answers = [
        client.get("/nowhere/", headers={"X-Correlation-Id": chosen, "X-Request-Id": chosen})
        for _ in range(2)
    ]
    ids = {one["X-Correlation-Id"] for one in answers}

    assert len(ids) == 2
    assert all(str(UUID(one)) == one for one in ids)
    assert trace.current() == ""


@pytest.mark.parametrize("known", ["", None, 7, "x", "07700900123", "{" + str(UUID(int=7)) + "}"])
def test_what_is_no_id_of_ours_is_not_taken_over(known):
    with trace.tracing(known) as identifier:
        assert identifier != known


def test_one_id_goes_from_a_request_through_a_task_to_a_call():
    """As Celery's own worker does it: the task's headers go by the broker."""
    heard = []

    @app.task(name="tests.only_here", bind=True)
    def asks(task):
        heard.append((trace.current(), trace.headers()))

    try:
        with trace.tracing() as identifier:
            headers = {}
            before_task_publish.send("tests.only_here", headers=headers, body=())
        build_tracer("tests.only_here", asks, app=app)(
            "1", [], {}, {"id": "1", "task": "tests.only_here", **headers}
        )
        build_tracer("tests.only_here", asks, app=app)("2", [], {}, {"id": "2"})
    finally:
        del app.tasks["tests.only_here"]

    assert heard[0] == (identifier, {"X-Correlation-Id": identifier})
    assert heard[1][0] not in ("", identifier)
    assert trace.current() == ""
