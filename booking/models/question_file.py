"""A file of the questions before a scan that the network published; the newest one counts."""

from django.db import models


class QuestionFile(models.Model):
    """The text of a file as it was published, by whom and when. None is ever changed.

    `version` is the file's own: of two that are published at once only one can have it.
    """

    version = models.PositiveIntegerField(unique=True)
    text = models.TextField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
