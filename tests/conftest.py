"""What every test stands on: plain static files, a fresh table of places, a database."""

import gc
import inspect
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings

from booking.exams.questions import file as question_file
from booking.limits.hashing import hashes
from booking.models import Staff
from sites import keeper, places
from tests import databases, scenes
from tools.test import BROWSER, NO_DATABASE

SLOW_FIRST = ["browser", "resilience", "test_migrations.py", "booking/demo", "booking/worklists"]
"""Folders and files whose tests take seconds each, waiting for browsers, workers and brokers.

They begin the run: the quick ones then fill what is left of it, on every process to the end.
"""
HERE = Path(__file__).parent
OF_A_DATABASE = {HERE / "config" / "test_production.py", HERE / "test_migrations.py"}
"""Files whose tests start processes on the database that the environment names."""

hypothesis_settings.register_profile("house", deadline=None)  # never a timed assertion
hypothesis_settings.load_profile("house")
gc.disable()  # until all is imported and collected: none of that is garbage, and it is a lot


USE_A_DATABASE = {"db", "transactional_db", "live_server"}


def pytest_addoption(parser):
    parser.addoption(
        "--leave-out", action="append", default=[], choices=[BROWSER, NO_DATABASE],
        help="tests that `make test` runs once, on the other of its two databases",
    )  # fmt: skip


def pytest_collection_modifyitems(config, items):
    """Put what takes long first; the order within it, and of the rest, stays."""
    items.sort(key=lambda item: not _is_slow(item.path.relative_to(HERE)))
    leave_out = config.getoption("leave_out")
    of_databases = OF_A_DATABASE | {item.path for item in items if _uses_a_database(item)}
    left = [item for item in items if _kind(item.path, of_databases) in leave_out]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if _kind(item.path, of_databases) not in leave_out]


def pytest_collection_finish():
    """Let garbage be looked for among what tests make, not among all that was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # a tenth of the tests' own work was looking for it
    gc.enable()


def _uses_a_database(item):
    return bool(USE_A_DATABASE & set(item.fixturenames) or item.get_closest_marker("django_db"))


def _kind(path, of_databases):
    if path.is_relative_to(HERE / "browser"):
        return BROWSER
    return "" if path in of_databases else NO_DATABASE


def _is_slow(path):
    return any(path.is_relative_to(name) for name in SLOW_FIRST)


@pytest.fixture(scope="session", autouse=True)
def _plain_files_and_quick_passwords():
    """Static files as they lie, and passwords hashed in no time: a real hash takes half a second.

    A test that asks for other settings still gets them.
    """
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns if it is missing
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def _nobody_else_changes_places():
    """No look at the version of places after some seconds: it would be a statement now and then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeper, "SEEN", float("inf"))
        yield


@pytest.fixture(autouse=True)
def _fresh_places():
    places.forget()
    question_file.forget()
    hashes.forget()
    yield
    places.forget()
    question_file.forget()


@pytest.fixture(autouse=True)
def _own_looks(tmp_path):
    """Each test's database is another one: what was noted of the last test's is not of this."""
    with override_settings(LOOKS_DIR=tmp_path / "looks"):
        yield


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment):
    """Give each process of the tests a copy of one migrated database (pytest-django's name)."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    with databases.copy(worker), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: databases.empty())
        yield


@pytest.fixture
def made_once(request, db):
    """Make a file's scene once: `made_once(make)` gives what `make` returned over rows as it left.

    `make` takes fixtures as a test does. They run for the first test alone, so what every test
    needs, such as a clock that stands, is the test's own to ask for, and so is what writes rows
    after the scene. See tests/scenes.py.
    """

    def made_once(make):
        def play():
            names = inspect.signature(make).parameters
            return make(**{name: request.getfixturevalue(name) for name in names})

        return scenes.made_once((make.__module__, make.__qualname__), play)

    return made_once


@pytest.fixture
def make_staff(db):
    """Make a staff account; `client.force_login(staff.user)` then stands for both factors."""

    def make_staff(role="clerk", trusts=("RTX",), username=None, password=None):
        user = User.objects.create_user(username or role, password=password)
        staff = Staff.objects.create(user=user, role=role)
        staff.trusts.set(trusts)
        return staff

    return make_staff
