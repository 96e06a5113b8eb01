"""How often wrong keys and secrets came lately: from where, and under which key id."""

from django.db import models


class KeyTries(models.Model):
    """Wrong keys and secrets of one sender's address, or under one key id, in one minute.

    `who_hash` is a keyed hash of which of the two it is and what: no address is kept. `minute`
    counts from 1970, `wrong` within it. Rows of an hour ago are dropped.
    """

    who_hash = models.CharField(max_length=64, primary_key=True)
    minute = models.BigIntegerField(db_index=True)
    wrong = models.PositiveIntegerField(default=0)
