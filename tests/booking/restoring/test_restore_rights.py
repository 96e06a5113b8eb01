"""A backup put back where the tables belong to another user than the service's."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from booking.management.commands import restore as command
from booking.restoring.manifest import Manifest
from booking.restoring.restore import PutBack

MANIFEST = Manifest(datetime(2026, 11, 24, 2, tzinfo=UTC), "postgresql", "x", 1, 1, "", [], {})


@pytest.mark.parametrize("is_older", [False, True])
@pytest.mark.parametrize("role", ["", "finder_app"])
def test_the_service_is_given_its_rights_on_the_new_tables(settings, monkeypatch, role, is_older):
    """The service's user can put nothing back, and what the owner puts back is the owner's."""
    settings.DATABASE_ROLE = role
    given = []
    monkeypatch.setattr(
        command, "call_command", lambda name, **how: given.append((name, how["apply"]))
    )
    monkeypatch.setattr(
        command, "restore", lambda *_, **__: PutBack(MANIFEST, is_older, is_fenced=True)
    )

    call_command("restore", "finder.dump", stdout=StringIO())

    assert given == ([("database_roles", True)] if role else [])
