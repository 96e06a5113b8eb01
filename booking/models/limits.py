"""How often somebody tried lately: what limits of use count, and waits that grow."""

from django.db import models


class Tally(models.Model):
    """How often one sender did one thing in one stretch of time (booking/limits/tally.py).

    `who_hash` is a keyed hash of who and what: no address is kept. `since` is when the stretch
    began, in seconds from 1970. Old rows are dropped.
    """

    who_hash = models.CharField(max_length=64, primary_key=True)
    since = models.BigIntegerField(db_index=True)
    times = models.PositiveIntegerField(default=0)


class SignInTries(models.Model):
    """Wrong passwords for one user name, from strangers or from one device that knows it.

    `who_hash` is a keyed hash of which of the two it is, `name_hash` of the name alone, whether
    somebody has that name or not. Until `free_until` an operator lets strangers try at once.
    """

    who_hash = models.CharField(max_length=64, primary_key=True)
    name_hash = models.CharField(max_length=64, db_index=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    locked_until = models.DateTimeField(null=True)
    free_until = models.DateTimeField(null=True)
