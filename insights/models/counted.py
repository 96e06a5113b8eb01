"""How far the counting has come, and in which day each appointment was counted."""

from django.db import models


class CountedDay(models.Model):
    """In which day's figures an appointment stands, so that one that moves leaves that day.

    `appointment` is its key, and no foreign key: what is counted never keeps a row of another room.
    """

    appointment = models.BigIntegerField(primary_key=True)
    day = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["day"], name="counted_day")]


class Counting(models.Model):
    """One row: until when changes were looked at (`seen`).

    `busy_until`: somebody counts until then, who may have died.
    """

    name = models.CharField(max_length=20, primary_key=True)
    seen = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)


class Rebuild(models.Model):
    """A rebuild that goes on, or was stopped: from which day to which, and the last that is done.

    One row at most, which goes when its rebuild is over.
    """

    first = models.DateField()
    last = models.DateField()
    done = models.DateField(null=True)
