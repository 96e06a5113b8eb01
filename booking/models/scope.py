"""Whose a row is: one place that says which trusts' staff and systems may reach it."""

from collections.abc import Collection
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class ScopedQuerySet(models.QuerySet[Row_co]):
    """Rows that belong to trusts. Views of staff and of trusts' systems begin with a trust's own.

    The model says by `trust_paths` where its trusts stand; without, it has a `trust` of its own.
    """

    def of_trust(self, trust: str) -> Self:
        """Return the rows of one trust."""
        return self.filter(self.belongs("", trust))

    def of_trusts(self, trusts: Collection[str]) -> Self:
        """Return the rows of any of these trusts; one of several may come more than once where a
        path leads to many: then say distinct().
        """
        return self.filter(self.belongs("__in", trusts))

    def belongs(self, lookup: str, whose: str | Collection[str]) -> Q:
        """Return what is true of rows whose trust, by this lookup, is as said."""
        paths: Collection[str] = getattr(self.model, "trust_paths", ("trust",))
        ours = Q()
        for path in paths:
            ours |= Q(**{f"{path}{lookup}": whose})
        return ours
