"""One act on many rows: each as its page showed it, or not at all. None of them closes a row.

Every row is a claim of its own, by its version; some at a time in one transaction, so that nobody
waits long for one that is in it. `now` is passed in, aware, UTC.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from booking.identifiers.actors import Actor
from booking.messages import texts
from booking.messages.outlook import why_no_text
from booking.models import Staff, WorklistRow
from booking.worklists import rows
from booking.worklists.attempts import is_phoned

AT_ONCE = 50
"""Rows in one transaction."""
READ = ("referral__patient", "referral__exam", "owner")


@dataclass
class Done:
    """What was done: keys of rows that are done, changed meanwhile, and of no use to this act."""

    done: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    not_for: list[int] = field(default_factory=list)

    def note(self, key: int, claimed: bool | None) -> None:
        """Note what became of a row: done, changed meanwhile, or (None) not for this act."""
        outcome = self.not_for if claimed is None else self.done if claimed else self.changed
        outcome.append(key)


def read(seen: Mapping[int, int], trusts: Collection[str]) -> tuple[list[WorklistRow], list[int]]:
    """Return the rows of these trusts that are as they were `seen`, most pressing first, and the
    keys of the others. `seen` maps the key of a row to its version."""
    found = list(rows.open_rows(trusts).filter(pk__in=seen))
    same = [row for row in found if row.version == seen[row.pk]]
    return same, sorted(set(seen) - {row.pk for row in same})


def assign(
    seen: Mapping[int, int], to: Staff, trusts: Collection[str], *, now: datetime, actor: Actor
) -> Done:
    """Make somebody the owner of these rows; who may not see a row does not get it."""

    def give(row: WorklistRow) -> bool | None:
        if row.trust_id and row.trust_id not in to.trust_codes:
            return None
        return _claim(row, owner=to.user)

    def note(row: WorklistRow) -> None:
        rows.write_event(row, now, actor, "taken" if to.actor == actor else "given", to.name)

    return _each(seen, trusts, give, note)


def text(seen: Mapping[int, int], trusts: Collection[str], *, now: datetime, actor: Actor) -> Done:
    """Text the patients of these rows to phone us: one text a patient's request and day.

    Who is not texted, or is not phoned about such a row, is said and left as they are.
    """

    def claim(row: WorklistRow) -> bool | None:
        if not may_be_texted(row):
            return None
        return _claim(row)

    def write(row: WorklistRow) -> None:
        if row.referral:
            texts.ask_to_phone(row.referral, now)
        rows.write_event(row, now, actor, "texted", "Please phone us")

    return _each(seen, trusts, claim, write)


def may_be_texted(row: WorklistRow) -> bool:
    """Return whether a text can ask the patient of a row to phone us."""
    patient = row.referral.patient if row.referral and is_phoned(row) else None
    return patient is not None and why_no_text(patient) is None


def _claim(row: WorklistRow, **fields: User) -> bool:
    """Change a row if it still is as it was read."""
    unchanged = WorklistRow.objects.filter(pk=row.pk, closed_at=None, version=row.version)
    return bool(unchanged.update(version=rows.ONE_MORE, **fields))


def _each(
    seen: Mapping[int, int],
    trusts: Collection[str],
    claim: Callable[[WorklistRow], bool | None],
    follow: Callable[[WorklistRow], None],
) -> Done:
    """Do one act on each row: `claim` says whether it is ours, None if the act is not for it."""
    done, keys = Done(), sorted(seen)
    for at in range(0, len(keys), AT_ONCE):
        with transaction.atomic():
            for key, row in _as_seen(keys[at : at + AT_ONCE], seen, trusts):
                claimed = claim(row) if row else False
                if row and claimed:
                    follow(row)
                done.note(key, claimed)
    return done


def _as_seen(
    keys: Collection[int], seen: Mapping[int, int], trusts: Collection[str]
) -> Iterator[tuple[int, WorklistRow | None]]:
    """Yield each key with its row, None where that is another's, closed or changed by now."""
    mine = WorklistRow.objects.of_trusts(trusts).filter(pk__in=keys, closed_at=None)
    found = {row.pk: row for row in mine.select_related(*READ)}
    for key in keys:
        row = found.get(key)
        yield key, row if row and row.version == seen[key] else None
