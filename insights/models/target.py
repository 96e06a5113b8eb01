"""What the network aims at."""

from django.db import models

from insights.models.act import Act


class Target(Act):
    """The target of a measure from a month on, in the measure's unit, of one trust or of all."""

    value = models.FloatField()
