"""Backups that were made, and restores of them."""

from django.db import models


class Backup(models.Model):
    """One backup that was made and is whole (booking/restoring/backup.py). Only ever added to.

    In a database that was put back the last one is missing: it was written after that was made.
    """

    taken_at = models.DateTimeField()
    file = models.CharField(max_length=200, help_text="Its name, without the folder.")
    size = models.BigIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)


class Restore(models.Model):
    """One time that this database was put back from a backup.

    `numbers` has how far each trust's changes had come then, by its code: a cursor above that, of
    before `restored_at`, was given for a change that is not known any more.
    """

    restored_at = models.DateTimeField()
    as_of = models.DateTimeField(help_text="The last moment that the database knew of.")
    numbers = models.JSONField(default=dict)
