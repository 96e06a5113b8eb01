"""A session that cannot be written is our fault; one that is gone is somebody's who signed out."""

from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.http import HttpResponse

pytestmark = pytest.mark.django_db
STORE = import_module(settings.SESSION_ENGINE).SessionStore


@pytest.fixture
def answer(rf):
    """Answer a request whose page writes the session, when `first` was done to each update."""

    def answer(first):
        session = STORE()
        session.create()

        def page(request):
            request.session["something"] = "new"
            return HttpResponse()

        def database(execute, sql, *more):
            if sql.startswith("UPDATE") and "django_session" in sql:
                first()
            return execute(sql, *more)

        request = rf.get("/")
        request.COOKIES[settings.SESSION_COOKIE_NAME] = session.session_key
        with connection.execute_wrapper(database):
            return SessionMiddleware(page)(request)

    return answer


def test_a_database_that_goes_away_at_the_end_of_an_answer_is_our_fault(answer):
    """Django alone says 400 to them, as if they had signed out elsewhere."""

    def away():
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        answer(away)


def test_who_signed_out_elsewhere_meanwhile_is_not_our_fault(answer):
    with pytest.raises(SessionInterrupted):
        answer(lambda: Session.objects.all().delete())


def test_sessions_of_before_are_read_on():
    """Their signature names the class, not the module."""
    theirs = import_module("django.contrib.sessions.backends.db").SessionStore
    assert STORE().decode(theirs().encode({"who": 1})) == {"who": 1}
