"""Writes what is sealed anew, by the newest key, so that an older one can be taken away; and seals
what still stands in clear.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Model, QuerySet, TextField
from django.db.models.functions import Cast, Substr

from sealed.fields import SealedField
from sealed.keys import MARK, KeyMissing, is_by_first_key

ROWS_AT_ONCE = 500
LOOKED_AT = 200
"""Values of a column that `unread` opens, from each end: a doctor's visit reads no whole table."""
EMPTY = ("", "{}", "null", "[]")
"""What is kept of an empty value: there is nothing to seal."""


@dataclass(frozen=True)
class Progress:
    """How far one column is: rows looked at, of how many, and how many were written anew.

    `twice` are those that stand in clear beside a sealed one of the same value: a person decides.
    """

    column: str
    seen: int
    of: int
    written: int
    twice: int = 0


def rotate(*, opens: bool = False) -> Iterator[Progress]:
    """Write every sealed value that an older key wrote by the newest one; say how far it is.

    With settings.SEAL_FIELDS what stands in clear is sealed, too; without it `opens` writes in
    clear what is sealed, for a release that reads nothing else. It can be broken off and begun
    again: what is done is passed over. A row that somebody changes meanwhile is theirs: it is by
    the newest key then. Raises KeyMissing.
    """
    for model, field in columns():
        yield from _rotate_column(model, field, opens=opens and not field.must_be_sealed())


def sweep() -> None:
    """Take out of SQLite's file what stood there in clear; PostgreSQL does it by itself."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")


def clear_values() -> dict[str, int]:
    """Return how many values still stand in clear, by column; only those that have some."""
    found = {
        f"{model._meta.label}.{field.name}": _clear(model, field) for model, field in columns()
    }
    return {column: number for column, number in found.items() if number}


def unread() -> list[str]:
    """Return the columns of whose newest or oldest values no key of FIELD_KEYS opens some."""
    found = []
    for model, field in columns():
        filled = _kept(model, field).exclude(as_kept=None).exclude(as_kept__in=EMPTY)
        kept = filled.values_list("as_kept", flat=True)
        ends = [kept.order_by(by)[:LOOKED_AT] for by in ("pk", "-pk")]
        try:
            for one in {one for end in ends for one in end}:
                field.opened(one)
        except KeyMissing:
            found.append(f"{model._meta.label}.{field.name}")
    return found


def columns() -> Iterator[tuple[type[Model], Any]]:
    """Yield every sealed column: its model and its field."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, SealedField):
                yield model, field


def _kept(model: type[Model], field: Any) -> QuerySet[Any]:
    return model._base_manager.annotate(as_kept=Cast(F(field.name), TextField()))


def _rotate_column(model: type[Model], field: Any, *, opens: bool) -> Iterator[Progress]:
    rows = _kept(model, field).order_by("pk")
    of, seen, written, twice, last = rows.count(), 0, 0, 0, None
    column = f"{model._meta.label}.{field.name}"
    yield Progress(column, 0, of, 0)
    while batch := list(
        (rows.filter(pk__gt=last) if last is not None else rows).values_list("pk", "as_kept")[
            :ROWS_AT_ONCE
        ]
    ):
        for key, kept in batch:
            if _is_to_write(field, kept, opens=opens):
                try:
                    with transaction.atomic():
                        same = rows.filter(pk=key, as_kept=kept)
                        written += same.update(**{field.name: field.opened(kept)})
                except IntegrityError:
                    twice += 1
        seen, last = seen + len(batch), batch[-1][0]
        yield Progress(column, seen, of, written, twice)


def _is_to_write(field: Any, kept: str | None, *, opens: bool) -> bool:
    if kept is None or kept in EMPTY:
        return False
    if field.is_sealed(kept):
        return opens or not is_by_first_key(field.token_of(kept))
    return bool(settings.SEAL_FIELDS)


def _clear(model: type[Model], field: Any) -> int:
    filled = _kept(model, field).exclude(as_kept=None).exclude(as_kept__in=EMPTY)
    marked = filled.annotate(mark=Substr("as_kept", field.mark_at, len(MARK)))
    clear: int = marked.exclude(mark=MARK).count()
    return clear
