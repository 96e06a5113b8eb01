"""Sessions in the database, as Django keeps them; who cannot reach it has not signed out."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError


class SessionStore(db.SessionStore):
    """Django's, which takes whatever the database says to an update for a session that is gone."""

    def save(self, must_create: bool = False) -> None:
        """Write it. Raises UpdateError if it is gone, OperationalError if nobody could look.

        Django's middleware answers UpdateError by 400 "you may have signed out elsewhere", which
        no look at answers of 5xx finds, while the database is away or its disk is full.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from None
            raise
