"""Which small area a postcode is in. Source: ONS postcode directory (OGL v3)."""

from django.db import models
from django.db.models import Q


class PostcodeArea(models.Model):
    """A postcode as sites.Postcode writes it ("PR1 4LF"), and the decile of its small area.

    A postcode that is not here has no decile: it is not known, and nobody guesses.
    """

    postcode = models.CharField(max_length=8, primary_key=True)
    lsoa21 = models.CharField(max_length=9)
    decile = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(decile__range=(1, 10)), name="postcode_decile"),
        ]
