"""Traces say how long what took, and name nobody; without a collector there are none."""

import subprocess
import sys
from contextlib import suppress

import pytest
from django.db import connection
from django.test import Client
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from config import tracing
from tests.booking.conftest import (  # noqa: F401 - fixtures
    make_referral,
    now,
    trust,
)
from tests.booking.signing_in import prove
from tests.booking.watching import found_in

CODE = "7KQ49CRB"
PERSONAL = [CODE, "Quillfeather", "07700 900461", "12 March 1961", "1961-03-12"]


@pytest.fixture
def spans():
    """Trace this process; yield what would leave it, and what the libraries had noted."""
    leaves, noted = InMemorySpanExporter(), InMemorySpanExporter()
    provider = tracing.provider()
    provider.add_span_processor(SimpleSpanProcessor(tracing.scrubbed(leaves)))
    provider.add_span_processor(SimpleSpanProcessor(noted))
    started = tracing.instrumentors()
    for one in started:
        one.instrument(tracer_provider=provider, skip_dep_check=True)
    connection.close()  # the next one is traced
    try:
        yield provider, leaves, noted
    finally:
        for one in started:
            one.uninstrument()
        connection.close()


def words(exporter):
    """Return all that spans say, as text."""
    return [one.to_json() for one in exporter.get_finished_spans()]


@pytest.mark.django_db(transaction=True)
def test_no_span_names_a_patient(spans, make_referral):  # noqa: F811
    _, leaves, noted = spans
    make_referral(code=CODE, family_name="Quillfeather", mobile="+447700900461")
    browser = Client()
    browser.get(f"/a/{CODE}")
    prove(browser, CODE)
    browser.get("/referral/?name=Quillfeather")
    browser.get("/nowhere/Quillfeather")

    names = {one.name for one in leaves.get_finished_spans()}
    assert "POST born/" in names
    assert found_in(words(noted), [CODE, "Quillfeather"]), "the test is not blind"
    assert found_in(words(leaves), PERSONAL) == []
    assert len(leaves.get_finished_spans()) == len(noted.get_finished_spans())
    if connection.vendor == "postgresql":
        assert {"SELECT", "INSERT"} <= names


def test_a_fault_leaves_without_its_words(spans):
    provider, leaves, noted = spans
    says = {"db.system": "postgresql", "db.statement": "'Quillfeather'"}
    tracer = provider.get_tracer("x")
    with (
        suppress(ValueError),
        tracer.start_as_current_span("Quillfeather's", attributes=says),
    ):
        raise ValueError("Quillfeather")

    [left] = leaves.get_finished_spans()
    assert dict(left.attributes) == {"db.system": "postgresql"}
    assert (left.status.status_code, left.status.description) == (StatusCode.ERROR, None)
    assert left.events == ()
    assert found_in(words(noted), ["Quillfeather"])


def test_without_a_collector_nothing_is_loaded(monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    asks = (
        "import django, sys; django.setup();"
        "print(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_with_one_it_begins(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/")
    started = []

    class Instrumentor:
        def instrument(self, tracer_provider):
            started.append(tracer_provider)

    monkeypatch.setattr(tracing, "instrumentors", lambda: [Instrumentor()])
    tracing.start()

    assert [one.resource.attributes["service.name"] for one in started] == ["scan-finder"]
    started[0].shutdown()
