"""What every test stands on: plain static files, a fresh table of places, audit rows that go."""

import importlib

import pytest
from django.contrib.auth.models import User
from django.db import connection
from hypothesis import settings as hypothesis_settings

from booking.models import Staff
from sites import places

hypothesis_settings.register_profile("house", deadline=None)  # never a timed assertion
hypothesis_settings.load_profile("house")

audit = importlib.import_module("booking.migrations.0002_audit_is_append_only")


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns if it is missing
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _fresh_places():
    places.clear()
    yield
    places.clear()


@pytest.fixture(scope="session", autouse=True)
def _audit_can_be_flushed_between_tests():
    """Lift SQLite's trigger while a test's rows are flushed (PostgreSQL truncates: no trigger)."""
    operations = type(connection.ops)
    flush = operations.sql_flush

    def flush_without_trigger(self, style, tables, **options):
        statements = flush(self, style, tables, **options)
        if connection.vendor != "sqlite" or "booking_auditentry" not in tables:
            return statements
        lift = ["DROP TRIGGER IF EXISTS audit_no_delete"]
        return [*lift, *statements, audit.SQLITE.format(verb="delete")]

    operations.sql_flush = flush_without_trigger
    yield
    operations.sql_flush = flush


@pytest.fixture
def make_staff(db):
    """Make a staff account; `client.force_login(staff.user)` then stands for both factors."""

    def make_staff(role="clerk", trusts=("RTX",), username=None, password=None):
        user = User.objects.create_user(username or role, password=password)
        staff = Staff.objects.create(user=user, role=role)
        staff.trusts.set(trusts)
        return staff

    return make_staff
