"""The region's small areas, and how deprived each is.

Source: English indices of deprivation 2025 (MHCLG, OGL v3), by LSOA of 2021.
"""

from django.db import models
from django.db.models import Q


class Area(models.Model):
    """A small area of some 1,500 people; decile 1 is the most deprived tenth of England.

    `rank` is its place among all of England's, 1 the most deprived. `is_own`: of a file that an
    operator loaded, which no upgrade puts ours in the place of.
    """

    lsoa21 = models.CharField(max_length=9, primary_key=True)
    decile = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    district = models.CharField(max_length=60)
    is_own = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(decile__range=(1, 10)), name="area_decile"),
        ]
