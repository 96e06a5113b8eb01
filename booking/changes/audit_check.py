"""Whether the audit is as it was sealed: nothing changed, removed or cut off. It changes nothing.

`now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from django.conf import settings
from django.db.models import Max, Min

from booking.changes import audit_chain
from booking.changes.audit_chain import FIRST, Head, NoHead
from booking.models import AuditEntry, AuditLink

AT_ONCE = 2000
MOST = 20
"""Faults that are told: of what is broken from end to end the first ones say enough."""
NIGHTS = timedelta(days=2)
"""So far back a nightly look goes: a night that was left out is looked at, too."""
HEARTBEAT = "audit is whole"
UNSEALED_FOR = timedelta(minutes=15)
"""An entry that waits so long for its seal shows that nobody seals."""


class Kind(StrEnum):
    """What is wrong."""

    CHANGED = "changed"
    REMOVED = "removed"
    LINK_REMOVED = "link removed"
    CUT_OFF = "cut off"
    NEVER_SEALED = "never sealed"
    HEADS_SPOILT = "heads cannot be read"
    KEY_NOT_KNOWN = "key not known"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, in words for whoever looks into it: they name nobody."""

    kind: Kind
    words: str

    def __str__(self) -> str:
        return self.words


@dataclass
class Report:
    """How many links were looked at, up to which, and what is wrong, the first of it first."""

    looked_at: int = 0
    head: Head | None = None
    faults: list[Fault] = field(default_factory=list)


def verify(*, since: datetime | None = None, heads: Collection[Head] = ()) -> Report:
    """Look at every link, or at those that were made since then; and whether the end is there.

    `heads` were written down elsewhere: each must be in the chain as it was.
    """
    report = Report()
    report.faults += islice(_faults(report, since), MOST)
    try:
        kept = audit_chain.kept_heads()
    except NoHead:
        words = "The file AUDIT_HEADS has a line that is no head: somebody wrote into it"
        report.faults.append(Fault(Kind.HEADS_SPOILT, words))
        kept = []
    report.faults += islice(_missing([*kept, *heads]), MOST)
    for entry in audit_chain.never_sealed().order_by("pk")[:MOST]:
        words = f"Entry {entry.pk} was never sealed: it came in behind the chain’s back"
        report.faults.append(Fault(Kind.NEVER_SEALED, words))
    return report


def waits_since(now: datetime) -> datetime | None:
    """Return since when the oldest entry waits for its seal, if that is too long; else None."""
    oldest = audit_chain.waiting().filter(at__lt=now - UNSEALED_FOR)
    found: datetime | None = oldest.aggregate(oldest=Min("at"))["oldest"]
    return found


def _faults(report: Report, since: datetime | None) -> Iterator[Fault]:
    keys = {audit_chain.name_of(key): key for key in settings.AUDIT_KEYS}
    before = _before(since)
    for links in _in_parts(before.number):
        entries = AuditEntry.objects.in_bulk([one.entry for one in links])
        for link in links:
            yield from _looked_at(link, before, entries.get(link.entry), keys)
            before = Head(link.number, link.digest)
            report.looked_at, report.head = report.looked_at + 1, before


def _looked_at(
    link: AuditLink, before: Head, entry: AuditEntry | None, keys: dict[str, str]
) -> Iterator[Fault]:
    if link.number != before.number + 1:
        said = f"{before.number + 1} to {link.number - 1}"
        yield Fault(Kind.LINK_REMOVED, f"Links {said} were removed from the middle of the chain")
        return  # what this one says of the one before it cannot be looked at
    if entry is None:
        words = f"Entry {link.entry}, sealed as link {link.number}, was removed"
        yield Fault(Kind.REMOVED, words)
    elif link.key not in keys:
        words = f"Link {link.number} was sealed with a key that AUDIT_KEY does not name: {link.key}"
        yield Fault(Kind.KEY_NOT_KNOWN, words)
    elif link.digest != audit_chain.digest_of(entry, link.number, before.digest, keys[link.key]):
        words = f"Entry {link.entry} is not as link {link.number} sealed it: one was changed"
        yield Fault(Kind.CHANGED, words)


def _missing(heads: list[Head]) -> Iterator[Fault]:
    """Yield a fault for each head, kept elsewhere, that the chain has not, or not so."""
    last = AuditLink.objects.aggregate(last=Max("number"))["last"] or 0
    for at in range(0, len(heads), AT_ONCE):
        some = heads[at : at + AT_ONCE]
        found = dict(
            AuditLink.objects.filter(number__in=[one.number for one in some]).values_list(
                "number", "digest"
            )
        )
        for head in some:
            if head.number > last:
                words = f"The chain ends at link {last} and once went to {head.number}"
                yield Fault(Kind.CUT_OFF, f"{words}: its end was cut off")
            elif found.get(head.number) != head.digest:
                words = f"Link {head.number} is not the one that was kept elsewhere"
                yield Fault(Kind.CUT_OFF, f"{words}: its end was cut off, and grew anew")


def _before(since: datetime | None) -> Head:
    """Return the link before the first that is looked at."""
    start = Head(0, FIRST)
    if since is None:
        return start
    first = AuditLink.objects.filter(at__gte=since).aggregate(first=Min("number"))["first"]
    last = AuditLink.objects.order_by("-number")
    found = (last.filter(number__lt=first) if first else last).first()
    return Head(found.number, found.digest) if found else start


def _in_parts(after: int) -> Iterator[list[AuditLink]]:
    while links := list(AuditLink.objects.filter(number__gt=after).order_by("number")[:AT_ONCE]):
        yield links
        after = links[-1].number
