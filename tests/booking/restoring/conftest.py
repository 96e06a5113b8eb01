"""A folder for backups, a provider that counts, and commands that say what they print."""

import io

import pytest
from django.core.management import call_command
from django.db import connection

from notifications import gateways, tasks
from notifications.gateways.outcomes import Sent


@pytest.fixture(autouse=True)
def nobody_else(transactional_db):
    """End what other tests of this process left connected: a restore refuses beside others."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"  # ms: till it ended
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def texted(monkeypatch):
    """Every text that the provider was asked to send: to whom, and what."""
    calls = []

    def send(message):
        calls.append((message.to, message.body))
        return Sent(sid=f"sid{len(calls)}")

    monkeypatch.setattr(gateways, "send", send)
    monkeypatch.setattr(tasks.dispatch, "delay", lambda: None)
    return calls


@pytest.fixture
def command():
    def command(name, *arguments, **options):
        out, err = io.StringIO(), io.StringIO()
        call_command(name, *map(str, arguments), stdout=out, stderr=err, **options)
        return out.getvalue() + err.getvalue()

    return command
