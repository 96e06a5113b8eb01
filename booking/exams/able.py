"""What is asked of a scanner for one scan of one patient, and which scanners can give it.

What nobody said of a scanner is never taken for a yes: it is a reason to ask. It is so for contrast
too: a dye at a scanner that cannot give one sends somebody home, whoever forgot to say it.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.db import connection

from booking.exams.misfit import ORDER, Misfit
from booking.exams.needed import Needed
from booking.models import Exam
from booking.models.prepared import Statement
from sites import places
from sites.abilities import NOT_SAID, Abilities


class Demand(NamedTuple):
    """One thing that a scan may ask of a scanner.

    `asks` says whether it does, `can` what the scanner says to that; then the reasons if that is
    no, or nobody knows.
    """

    asks: Callable[[Exam, Needed], bool]
    can: Callable[[Abilities, Needed], bool | None]
    no: Misfit
    unknown: Misfit


def _carries(scanner: Abilities, needed: Needed) -> bool | None:
    if scanner.table_kg is None or needed.weight_kg is None:
        return None
    return needed.weight_kg <= scanner.table_kg


DEMANDS = (
    Demand(lambda exam, _: bool(exam.contrast), lambda scanner, _: scanner.contrast,
           Misfit.CONTRAST, Misfit.ASK_CONTRAST),
    Demand(lambda _, needed: needed.weight_kg is not None, _carries,
           Misfit.WEIGHT, Misfit.ASK_WEIGHT),
    Demand(lambda _, needed: needed.wide, lambda scanner, _: scanner.is_wide,
           Misfit.NARROW, Misfit.ASK_WIDE),
    Demand(lambda _, needed: needed.hoist, lambda scanner, _: scanner.hoist,
           Misfit.HOIST, Misfit.ASK_HOIST),
    Demand(lambda _, needed: needed.step_free, lambda scanner, _: scanner.step_free,
           Misfit.STEPS, Misfit.ASK_STEPS),
    Demand(lambda _, needed: needed.wheelchair_transfer,
           lambda scanner, _: scanner.wheelchair_transfer,
           Misfit.TRANSFER, Misfit.ASK_TRANSFER),
    Demand(lambda _, needed: needed.under_16, lambda scanner, _: scanner.under_16s,
           Misfit.UNDER_16, Misfit.ASK_UNDER_16),
    Demand(lambda _, needed: needed.general_anaesthetic,
           lambda scanner, _: scanner.general_anaesthetic,
           Misfit.ANAESTHETIC, Misfit.ASK_ANAESTHETIC),
)  # fmt: skip


def demands_of(exam: Exam, needed: Needed) -> list[Demand]:
    """Return what this scan of this patient asks of a scanner."""
    return [demand for demand in DEMANDS if demand.asks(exam, needed)]


def refusal(exam: Exam, needed: Needed, scanners: Iterable[Abilities]) -> Misfit | None:
    """Return why the scan cannot be done where it may be at any of these scanners.

    The trust chooses among them: one that cannot is enough to refuse, and so is one of which we do
    not know. Where there is no scanner that we know of, nothing is known.
    """
    demands = demands_of(exam, needed)
    reasons = [
        reason
        for scanner in list(scanners) or [NOT_SAID]
        if (reason := _refusal_of(exam, needed, scanner, demands))
    ]
    return min(reasons, key=ORDER.__getitem__, default=None)


def _refusal_of(
    exam: Exam, needed: Needed, scanner: Abilities, demands: list[Demand]
) -> Misfit | None:
    if exam.code in scanner.excluded_exams:
        return Misfit.EXAM
    answers = [(demand, demand.can(scanner, needed)) for demand in demands]
    reasons = [demand.no for demand, can in answers if can is False]
    reasons += [demand.unknown for demand, can in answers if can is None]
    return reasons[0] if reasons else None


def keys_that_can(exam: Exam, needed: Needed) -> tuple[int, ...] | None:
    """Return the numbers of scanners that can do this, and, negated, of the sites whose scanners
    of the modality all can; None where nothing is asked that any scanner could not do.

    From the places in memory, and worked out once while these are kept: a search costs no query
    more. What another process changed of a scanner within the last minute is seen when a time is
    held, which asks the database.
    """
    found: tuple[int, ...] | None = _worked_out_once(_find_keys, exam, needed)
    return found


def keys_at(exam: Exam, needed: Needed, site_ids: Iterable[int]) -> list[int]:
    """Return those of `keys_that_can` that can matter at these sites: the sites' own, those of what
    always stands there, and those of scanners that stand nowhere."""
    by_site: dict[int | None, list[int]] = _worked_out_once(_find_keys_by_site, exam, needed)
    return [key for site in (None, *site_ids) for key in by_site.get(site, ())]


def _worked_out_once(find: Callable[[Exam, Needed], Any], exam: Exam, needed: Needed) -> Any:
    """Return what is found for a question, from when it was asked first of the places in memory."""
    answers = places.table().answers
    question = (find, exam.modality, exam.code, bool(exam.contrast), needed)
    if question not in answers:
        answers[question] = find(exam, needed)
    return answers[question]


def _find_keys_by_site(exam: Exam, needed: Needed) -> dict[int | None, list[int]]:
    machines = [(one, place.id) for place in places.table().places for one in place.machines]
    stands_at = {one.id: site for one, site in machines}
    others = {one.id for one, _ in machines if one.modality != exam.modality}
    found: dict[int | None, list[int]] = {}
    for key in keys_that_can(exam, needed) or ():
        if key not in others:
            found.setdefault(-key if key < 0 else stands_at.get(key), []).append(key)
    return found


def _find_keys(exam: Exam, needed: Needed) -> tuple[int, ...] | None:
    table, demands = places.table(), demands_of(exam, needed)
    excluded = any(exam.code in scanner.excluded_exams for scanner in table.scanners.values())
    if not demands and not excluded:
        return None
    able = {
        pk
        for pk, scanner in table.scanners.items()
        if _refusal_of(exam, needed, scanner, demands) is None
    }
    there = table.scanners_at(exam.modality).items()
    return (*sorted(able), *sorted(-site for site, all_ in there if able.issuperset(all_)))


def sites_that_can(exam: Exam, needed: Needed) -> frozenset[int] | None:
    """Return the numbers of the sites where some slot may be at a scanner that can do this; None
    where nothing is asked that any scanner could not do.

    Those whose scanners all can, and those with one that can and that a schedule names. One query,
    and only where it matters.
    """
    can: _Sites | None = _worked_out_once(_find_sites, exam, needed)
    if can is None or not can.some:
        return can and can.every
    named = _NAMED[connection.vendor].rows({"scanners": can.scanners})
    return can.every.union(*(can.some[scanner] for (scanner,) in named))


class _Sites(NamedTuple):
    """Sites whose scanners all can, and others by a scanner of theirs that can; these scanners as
    one value of a statement."""

    every: frozenset[int]
    some: dict[int, list[int]]
    scanners: str


def _find_sites(exam: Exam, needed: Needed) -> _Sites | None:
    keys = keys_that_can(exam, needed)
    if keys is None:
        return None
    able, every = set(keys), frozenset(-key for key in keys if key < 0)
    some: dict[int, list[int]] = {}
    for place in places.open_places():
        if place.id not in every:
            for scanner in place.scanners_of(exam.modality) & able:
                some.setdefault(scanner, []).append(place.id)
    return _Sites(every, some, json.dumps(sorted(some)))


_NAMED_SQL = "SELECT DISTINCT scanner_id FROM booking_schedule WHERE scanner_id IN ({scanners})"
_NAMED = {
    "sqlite": Statement.named(
        _NAMED_SQL.format(scanners="SELECT value FROM json_each(%(scanners)s)")
    ),
    "postgresql": Statement.named(
        _NAMED_SQL.format(
            scanners="SELECT value::bigint FROM json_array_elements_text(%(scanners)s::json)"
        )
    ),
}
"""Which of these scanners a schedule names."""
