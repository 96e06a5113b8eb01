"""What a person looks for: read from a page's or an API's parameters, the same way for both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from booking.models import Slot
from sites.models import MODALITIES, NEEDS, Site

DAYS_SHOWN = 42
"""Without dates asked for, six weeks are looked at: what trusts feed (slots-api.md)."""
SORTS = ("nearest", "soonest")
OPENING = ("evenings", "weekends")
CHOICES = ("daypart", "kind", "need", "open")
"""Parameters that may be there more than once, or hold a list with commas."""


class SearchInvalid(ValueError):
    """Something that was typed cannot be used. `errors` maps each parameter to what to type."""

    def __init__(self, errors: dict[str, str]) -> None:
        """Keep every error, so that a form can show them all at once."""
        super().__init__("; ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class SearchCriteria:
    """Which times to look for. Days are in England, both included; empty sets mean any."""

    modality: str
    first_day: date
    last_day: date
    dayparts: frozenset[str] = field(default_factory=frozenset)
    weekend: bool = False
    kinds: frozenset[str] = field(default_factory=frozenset)
    sort: str = "nearest"
    needs: frozenset[str] = field(default_factory=frozenset)
    opening: frozenset[str] = field(default_factory=frozenset)


def read_modality(code: str) -> str:
    """Return the DICOM code of a modality. Raises NotUnderstood."""
    if code.upper() in MODALITIES:
        return code.upper()
    raise SearchInvalid({"modality": f"Type one of {', '.join(MODALITIES)} for modality."})


def parse_criteria(
    modality: str, params: Mapping[str, str], chosen: Mapping[str, Sequence[str]], today: date
) -> SearchCriteria:
    """Return what is wanted. `params` holds from, to (YYYY-MM-DD), weekend and sort; `chosen`
    the lists of CHOICES. Raises NotUnderstood with every error at once.
    """
    errors: dict[str, str] = {}
    first = _read_day(params, "from", today, errors)
    last = _read_day(params, "to", max(first, today) + timedelta(days=DAYS_SHOWN), errors)
    if "to" not in errors and last < today:
        errors["to"] = "The last date has passed. Type today’s date or a later one."
    elif not errors and last < first:
        errors["to"] = "The last date is before the first. Type a last date that is later."
    dayparts = _read_choices(chosen, "daypart", Slot.Daypart.values, errors)
    kinds = _read_choices(chosen, "kind", Site.Kind.values, errors)
    needs = _read_choices(chosen, "need", list(NEEDS), errors)
    opening = _read_choices(chosen, "open", list(OPENING), errors)
    weekend = params.get("weekend", "")
    if weekend not in ("", "0", "1"):
        errors["weekend"] = "Type 1 for weekends only, or leave weekend out."
    sort = params.get("sort") or SORTS[0]
    if sort not in SORTS:
        errors["sort"] = f"Type one of {', '.join(SORTS)} for sort."
    if errors:
        raise SearchInvalid(errors)
    return SearchCriteria(
        modality,
        max(first, today),
        last,
        dayparts,
        weekend == "1",
        kinds,
        sort,
        needs,
        opening,
    )


def _read_day(params: Mapping[str, str], name: str, default: date, errors: dict[str, str]) -> date:
    typed = params.get(name, "").strip()
    if not typed:
        return default
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(typed, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    which = "first" if name == "from" else "last"
    errors[name] = f"Type the {which} date like 2026-12-01 or 1/12/2026."
    return default


def _read_choices(
    chosen: Mapping[str, Sequence[str]], name: str, allowed: list[str], errors: dict[str, str]
) -> frozenset[str]:
    words = {word for value in chosen.get(name, ()) for word in value.split(",") if word}
    if words - set(allowed):
        errors[name] = f"Type one of {', '.join(allowed)} for {name}."
    return frozenset(words & set(allowed))
