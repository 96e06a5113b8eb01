"""The APIs as they describe themselves: called at random, and shown on a page."""

import re

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings

from booking.api.docs import operations
from config.wsgi import application


@pytest.fixture(scope="session")
def from_wsgi():
    """Schemathesis, which takes seconds to import: only the process that runs this file does."""
    import schemathesis
    from schemathesis.openapi import from_wsgi

    @schemathesis.serializer("application/fhir+ndjson")
    def ndjson(ctx, value):
        return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")

    return from_wsgi


@pytest.fixture
def described(db, from_wsgi):
    """The description, fetched and called over WSGI in this test's own transaction."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield from_wsgi("/api/schema/", application)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize("with_key", [True, False])
def test_whatever_is_sent_is_never_our_fault(open_wide, described, key, furness, with_key):
    headers = {"Authorization": f"Bearer {key}"} if with_key else {}
    called = set()
    for found in described.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=25, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def call(case):
            response = case.call(headers={**(case.headers or {}), **headers})
            called.add((case.operation.label, response.status_code // 100))
            assert response.status_code < 500, response.text

        call()
    labels = {label for label, _ in called}
    assert {"POST /fhir/R4/$import", "POST /fhir/R4/", "PUT /fhir/R4/Slot/{id}"} <= labels


@pytest.fixture
def open_wide(settings):
    settings.API_CALLS_A_MINUTE = 10**6
    settings.OPEN_CALLS_A_MINUTE = 0
    settings.ALLOWED_HOSTS = ["*"]


def test_the_page_names_every_call_and_loads_nothing_from_outside(client, described):
    answer = client.get("/api/docs/")
    page = answer.content.decode()

    for one in operations(described.raw_schema):
        assert f"{one.method} {one.path}" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert len(re.findall(r"<script>", page)) == 1  # the template's own, by its hash
    assert "script-src 'self'" in answer["Content-Security-Policy"]
