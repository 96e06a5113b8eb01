"""Rows into the database: each on its own, so that a bad one refuses nothing but itself."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError

from sites import changes, places, postcodes
from sites.imports import cells
from sites.imports.cells import RowRefused
from sites.imports.table import ABLE, LIMITS, TEXTS, Row
from sites.models import MODALITIES, OpenHours, Scanner, Site, Stop, Trust

_SLUG, _CODE = re.compile(r"[a-z0-9-]{1,80}"), re.compile(r"[A-Za-z0-9.\-]{1,64}")
ORDER = ("trust", "site", "scanner", "stop")
TOLD = ("created", "changed", "removed", "closed")
"""What a row became that may have had effects on people and times."""


@dataclass(frozen=True)
class Change:
    """What became of a row: created, changed, unchanged, closed, removed or refused.

    `scanner` is the code of a stop's scanner.
    """

    line: int
    what: str
    id: str
    became: str
    details: str = ""
    scanner: str = ""

    @property
    def about(self) -> tuple[str, str]:
        """The site or scanner whose people and times it may have touched."""
        return ("scanner", self.scanner) if self.what == "stop" else (self.what, self.id)


class _DryRun(Exception):
    """Undoes everything."""


def apply(rows: list[tuple[int, Row]], *, dry_run: bool = False) -> list[Change]:
    """Put every row in that can be, in the order trusts, sites, scanners, stops; return what
    became of each, in the order of the file. A dry run does the same and keeps nothing.

    A place is never deleted: `remove` closes it, and not while anybody has an appointment there.
    """
    found: list[Change] = []
    effects = changes.Effects()
    try:
        with transaction.atomic():
            with changes.followed() as effects:
                for what in (*ORDER, None):
                    for line, row in rows:
                        if row.get("what") == what or (what is None and row["what"] not in ORDER):
                            found.append(_row(line, row))
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    places.clear()
    return sorted(_with_effects(found, effects), key=lambda change: change.line)


def _with_effects(found: list[Change], effects: changes.Effects) -> list[Change]:
    """Add to the rows what became of people and times: to one row a site or scanner."""
    left = {("site", name): words for name, words in effects.sites.items()}
    left |= {("scanner", code): words for code, words in effects.scanners.items()}
    said = []
    for change in found:
        words = left.pop(change.about, "") if change.became in TOLD else ""
        details = "; ".join(part for part in (change.details, words) if part)
        said.append(replace(change, details=details))
    return said


def _row(line: int, row: Row) -> Change:
    what, name = row["what"], row.get("id", "")
    try:
        became, details = put(row)
    except RowRefused as refusal:
        return Change(line, what[:20], name[:80], "refused", str(refusal))
    return Change(line, what, name, became, details, row.get("scanner", "").strip())


def put(row: Row) -> tuple[str, str]:
    """Put one row in, or nothing of it; return what became of it and, if it changed, how.

    Belongs inside changes.followed. Raises RowRefused.
    """
    what = row["what"]
    put_kind = _PUT.get(what)
    if put_kind is None:
        raise RowRefused(f"what is {what[:40]!r}; type one of {', '.join(ORDER)}", "what")
    try:
        with transaction.atomic():
            return put_kind(row, bool(cells.yes_or_no(row, "remove")))
    except IntegrityError:
        raise RowRefused("another row has the same id, code or name", "id") from None


def _trust(row: Row, remove: bool) -> tuple[str, str]:
    if remove:
        raise RowRefused("a trust cannot be removed")
    code = cells.needed(row, "id", 3)
    return _put(Trust, {"code": code}, {"name": cells.needed(row, "name", 120)})


def _site(row: Row, remove: bool) -> tuple[str, str]:
    slug = _name(row, _SLUG, "small letters, digits and hyphens")
    if remove:
        return _close(slug)
    fields: dict[str, Any] = {
        "name": cells.needed(row, "name", 120),
        "kind": cells.one_of(row, "kind", Site.Kind.values),
        "trust": _trust_of(row),
        "address": cells.needed(row, "address", 200),
        "closed": False,
        **_where(row),
        **{name: cells.text(row, name, most) for name, most in TEXTS.items() if name in row},
    }
    if "ods_code" in row:
        fields["ods_code"] = cells.text(row, "ods_code", 10) or None
    if "facilities" in row:
        fields["facilities"] = cells.facilities(row)
    hours = cells.week(row) if "hours" in row else None
    became, details = _put(Site, {"slug": slug}, fields)
    said = "" if hours is None else _hours(Site.objects.get(slug=slug), hours)
    if said and became == "unchanged":
        became = "changed"
    return became, "; ".join(part for part in (details, said) if part and became == "changed")


def _where(row: Row) -> dict[str, Any]:
    try:
        at = postcodes.find(cells.needed(row, "postcode", 8))
    except postcodes.PostcodeError:
        raise RowRefused(f"postcode {row['postcode'][:10]!r} is not known", "postcode") from None
    return {"postcode": at.postcode, "lat": round(at.lat, 6), "lon": round(at.lon, 6)}


def _hours(site: Site, wanted: cells.Week) -> str:
    """Put the opening hours in; return how they changed, empty if they did not."""
    before = {day.weekday: (day.opens, day.closes) for day in site.open_hours.all()}
    if before == wanted:
        return ""
    site.open_hours.all().delete()
    OpenHours.objects.bulk_create(
        OpenHours(site=site, weekday=day, opens=opens, closes=closes)
        for day, (opens, closes) in wanted.items()
    )
    return f"hours: {cells.say_week(before) or 'none'} → {cells.say_week(wanted) or 'none'}"


def _close(slug: str) -> tuple[str, str]:
    site = Site.objects.filter(slug=slug).first()
    if site is None:
        raise RowRefused("there is no such site")
    reason = changes.why_keep(site.pk)
    if reason:
        raise RowRefused(f"it cannot be closed: {reason}", "remove")
    if site.closed:
        return "unchanged", ""
    site.closed = True
    site.save(update_fields=["closed"])
    return "closed", ""


def _scanner(row: Row, remove: bool) -> tuple[str, str]:
    code = _name(row, _CODE, "letters, digits, dots and hyphens")
    if remove:
        return _take_away(code)
    fields: dict[str, Any] = {
        "modality": cells.one_of(row, "modality", list(MODALITIES)),
        "name": cells.needed(row, "name", 60),
        "site": None,
        "trust": None,
    }
    fields |= _abilities(row)
    if row.get("site"):
        fields["site"] = site = _site_of(row)
        # One that was loaded before scanners had codes is the same machine.
        Scanner.objects.filter(code=None, site=site, name=fields["name"]).update(code=code)
    else:
        fields["trust"] = _trust_of(row)
    return _put(Scanner, {"code": code}, fields)


def _take_away(code: str) -> tuple[str, str]:
    """Take a scanner away that stands at a place; one that times name has to stay."""
    scanner = Scanner.objects.filter(code=code).first()
    if scanner is None:
        raise RowRefused("there is no such scanner")
    if scanner.site_id is None and scanner.stops.exists():
        raise RowRefused("it has stops: take these away first, then it")
    try:
        scanner.delete()
    except ProtectedError:
        raise RowRefused("times were sent for it: it can only be without stops") from None
    return "removed", ""


def _abilities(row: Row) -> dict[str, Any]:
    """Return what the row says that the scanner can do; a column that is not there says nothing."""
    found: dict[str, Any] = {
        name: cells.whole(row, name, *limits) for name, limits in LIMITS.items() if name in row
    }
    found |= {name: cells.yes_or_no(row, name) for name in ABLE if name in row}
    if "excluded_exams" in row:
        found["excluded_exams"] = cells.exams(row, "excluded_exams")
    return found


def _stop(row: Row, remove: bool) -> tuple[str, str]:
    code = cells.needed(row, "scanner", 64)
    scanner = Scanner.objects.filter(code=code, site=None).first()
    if scanner is None:
        raise RowRefused(f"there is no mobile scanner {code!r}", "scanner")
    first = cells.day(row, "from")
    if remove:
        gone, _ = scanner.stops.filter(first_day=first).delete()
        if not gone:
            raise RowRefused(f"{code} has no stop that begins on {first}", "from")
        became, details = "removed", ""
    else:
        became, details = _put(
            Stop, {"scanner": scanner, "first_day": first}, _stop_fields(row, scanner, first)
        )
    return became, details


def _stop_fields(row: Row, scanner: Scanner, first: Any) -> dict[str, Any]:
    last = cells.day(row, "to")
    opens = cells.clock(cells.needed(row, "opens", 5), "opens")
    closes = cells.clock(cells.needed(row, "closes", 5), "closes")
    if last < first:
        raise RowRefused(f"it ends on {last}, before it begins on {first}", "to")
    if closes <= opens:
        raise RowRefused(f"it closes at {closes:%H:%M}, before it opens at {opens:%H:%M}", "closes")
    others = scanner.stops.exclude(first_day=first)
    other = others.filter(first_day__lte=last, last_day__gte=first).select_related("site").first()
    if other:
        raise RowRefused(
            f"{scanner.code} is at {other.site.name} from {other.first_day} to {other.last_day}",
            "from",
        )
    return {"site": _site_of(row), "last_day": last, "opens": opens, "closes": closes}


def _name(row: Row, shape: re.Pattern[str], allowed: str) -> str:
    name = cells.needed(row, "id", 80)
    if not shape.fullmatch(name):
        raise RowRefused(f"id {name!r}: use only {allowed}", "id")
    return name


def _trust_of(row: Row) -> Trust:
    code = cells.needed(row, "trust", 3)
    trust = Trust.objects.filter(code=code).first()
    if trust is None:
        raise RowRefused(f"there is no trust {code!r}", "trust")
    return trust


def _site_of(row: Row) -> Site:
    slug = cells.needed(row, "site", 80)
    site = Site.objects.filter(slug=slug, closed=False).first()
    if site is None:
        raise RowRefused(f"there is no site {slug!r}", "site")
    return site


def _put(model: type[Any], key: dict[str, Any], fields: dict[str, Any]) -> tuple[str, str]:
    """Create or change one row; return what became of it and, if it changed, how."""
    stored = model.objects.filter(**key).first()
    if stored is None:
        model.objects.create(**key, **fields)
        return "created", ""
    changed = {name: value for name, value in fields.items() if getattr(stored, name) != value}
    if not changed:
        return "unchanged", ""
    said = [f"{name}: {_say(getattr(stored, name))} → {_say(v)}" for name, v in changed.items()]
    for name, value in changed.items():
        setattr(stored, name, value)
    stored.save(update_fields=list(changed))
    return "changed", "; ".join(said)


def _say(value: Any) -> str:
    if isinstance(value, Model):
        return str(value.pk) if isinstance(value, Trust) else str(getattr(value, "slug", value.pk))
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value in (None, "") else str(value)


_PUT: dict[str, Callable[[Row, bool], tuple[str, str]]] = {
    "trust": _trust,
    "site": _site,
    "scanner": _scanner,
    "stop": _stop,
}
