"""Writes what is encrypted anew, by the newest key, so that an older one can be taken away."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import F, Model, TextField
from django.db.models.functions import Cast

from booking.models.encrypted import EncryptedText, decrypt, is_by_first_key

ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Progress:
    """How far one column is: rows looked at, of how many, and how many were written anew."""

    column: str
    seen: int
    of: int
    written: int


def rotate() -> Iterator[Progress]:
    """Write every encrypted value that an older key wrote by the newest one; say how far it is.

    It can be broken off and begun again: what is done is passed over. A row that somebody changes
    meanwhile is theirs: it is by the newest key then. Raises KeyMissing.
    """
    for model, field in _columns():
        yield from _rotate_column(model, field)


def _columns() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, EncryptedText):
                yield model, field.name


def _rotate_column(model: type[Model], field: str) -> Iterator[Progress]:
    rows = model._default_manager.annotate(kept=Cast(F(field), TextField())).order_by("pk")
    of, seen, written, last = rows.count(), 0, 0, None
    column = f"{model._meta.label}.{field}"
    yield Progress(column, 0, of, 0)
    while batch := list(
        (rows.filter(pk__gt=last) if last is not None else rows).values_list("pk", "kept")[
            :ROWS_AT_ONCE
        ]
    ):
        for key, kept in batch:
            if kept and not is_by_first_key(kept):
                written += rows.filter(pk=key, kept=kept).update(**{field: decrypt(kept)})
        seen, last = seen + len(batch), batch[-1][0]
        yield Progress(column, seen, of, written)
