"""Which trust an organisation that was renamed or merged is now."""

from django.db import models


class Successor(models.Model):
    """The months of `code` count for `trust`: another trust's ODS code, or one that was, too.

    `who` said so, and `why`: a merger, a new code.
    """

    code = models.CharField(max_length=8, primary_key=True)
    trust = models.CharField(max_length=8)
    who = models.CharField(max_length=150)
    why = models.CharField(max_length=200)
    said_at = models.DateTimeField()
