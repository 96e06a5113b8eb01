"""What the network sets for its figures: each act is a row, and no row is ever changed.

The rows are the history; what holds now follows from them (insights/targets.py).
"""

from typing import Any, ClassVar, NoReturn

from django.db import models

EVERY_TRUST = ""
"""What is set for the network, and for each trust that has nothing of its own."""


class NeverChanged(Exception):
    """An act stands as it was written: another one takes it back."""


class Act(models.Model):
    """One act about one measure. `number` counts the acts of a kind: no two have the same.

    `trust` is an ODS code, or EVERY_TRUST; `by` names a kind and a key, as the audit does.
    """

    number = models.PositiveIntegerField(unique=True)
    measure = models.CharField(max_length=32)
    trust = models.CharField(max_length=3, default=EVERY_TRUST, blank=True)
    month = models.DateField(help_text="The first day of the month from which it holds.")
    is_on = models.BooleanField(default=True, help_text="Not on: it was taken away.")
    why = models.CharField(max_length=400)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Any]]

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Write a new act. Raises NeverChanged for one that stands already."""
        if self.pk is not None:
            raise NeverChanged
        super().save(*args, **options)

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        """Raise NeverChanged."""
        raise NeverChanged
