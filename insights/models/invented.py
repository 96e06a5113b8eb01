"""That the figures are invented: every page says so as long as a row stands here."""

from django.db import models


class Invented(models.Model):
    """Figures were made up, when, and what pages say of them."""

    note = models.CharField(max_length=200)
    at = models.DateTimeField()
