"""Whose months count for which trust: trusts are renamed and merged, and files keep old codes."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction

from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction
from insights.models import Successor
from sites.models import Trust

CODE = re.compile(r"[A-Z0-9]{3,8}", re.ASCII)


class NoSuccessor(ValueError):
    """This cannot be said; the text says why."""


def say_successor(code: str, trust: str, *, who: str, why: str, now: datetime) -> Successor:
    """Keep that the months of `code` count for `trust` from now on. Raises NoSuccessor.

    `trust` is one of ours, or a code that has a successor itself.
    """
    table = successors()
    if not CODE.fullmatch(code):
        raise NoSuccessor(f"“{code}” is no ODS code, like RXN.")
    if not (trust in table or Trust.objects.filter(pk=trust).exists()):
        raise NoSuccessor(f"“{trust}” is none of our trusts.")
    if code in (trust, trust_now(trust, table)):
        raise NoSuccessor(f"{code} would come after itself.")
    if not (who.strip() and why.strip()):
        raise NoSuccessor("Say who says so, and why.")
    said = {"trust": trust, "who": who.strip()[:150], "why": why.strip()[:200], "said_at": now}
    with transaction.atomic():
        audit.write(
            AuditAction.SUCCESSOR_SET,
            now=now,
            actor=Actor(ActorKind.COMMAND),
            code=code,
            trust=trust,
        )
        return Successor.objects.update_or_create(code=code, defaults=said)[0]


def successors() -> dict[str, str]:
    """Return by old code what came after it."""
    return dict(Successor.objects.values_list("code", "trust"))


def trust_now(code: str, table: dict[str, str]) -> str:
    """Return which trust an organisation is now, however often it was merged."""
    passed = {code}
    while (after := table.get(code)) and after not in passed:
        passed.add(after)
        code = after
    return code


def all_now(codes: Iterable[str], table: dict[str, str]) -> frozenset[str]:
    """Return which trusts these are now."""
    return frozenset(trust_now(code, table) for code in codes)


def trusts_now(table: dict[str, str] | None = None) -> list[str]:
    """Return the codes of our trusts, without those that another one came after."""
    old = successors() if table is None else table
    return sorted(code for code in Trust.objects.values_list("code", flat=True) if code not in old)


def codes_of(trusts: Iterable[str], table: dict[str, str] | None = None) -> dict[str, str]:
    """Return the trust by code, of these trusts and all that they come after."""
    known = successors() if table is None else table
    wanted: Collection[str] = set(trusts)
    here = {code: trust_now(code, known) for code in (*known, *wanted)}
    return {code: trust for code, trust in here.items() if trust in wanted}
