"""Places from the database as rows of the format that is imported."""

from sites.imports import cells
from sites.imports.table import ABLE, LIMITS, TEXTS, Row
from sites.models import Scanner, Site, Stop, Trust


def rows() -> list[Row]:
    """Return every trust, open site, scanner with a code, and stop. Importing them again changes
    nothing."""
    return [
        *({"what": "trust", "id": t.code, "name": t.name} for t in Trust.objects.order_by("code")),
        *map(site_row, Site.objects.filter(closed=False).prefetch_related("open_hours")),
        *map(scanner_row, Scanner.objects.exclude(code=None).select_related("site").order_by("pk")),
        *map(stop_row, Stop.objects.select_related("scanner", "site").order_by("first_day", "pk")),
    ]


def site_row(site: Site) -> Row:
    """Return a site as its row."""
    hours = {day.weekday: (day.opens, day.closes) for day in site.open_hours.all()}
    return {
        "what": "site",
        "id": site.slug,
        "name": site.name,
        "trust": site.trust_id,
        "ods_code": site.ods_code or "",
        "kind": site.kind,
        "address": site.address,
        "postcode": site.postcode,
        "hours": cells.say_week(hours),
        "facilities": "; ".join(site.facilities),
        **{name: getattr(site, name) for name in TEXTS},
    }


def scanner_row(scanner: Scanner) -> Row:
    """Return a scanner as its row."""
    said = {None: "", True: "yes", False: "no"}
    return {
        "what": "scanner",
        "id": scanner.code or "",
        "name": scanner.name,
        "trust": scanner.trust_id or "",
        "site": scanner.site.slug if scanner.site else "",
        "modality": scanner.modality,
        **{name: str(getattr(scanner, name) or "") for name in LIMITS},
        **{name: said[getattr(scanner, name)] for name in ABLE},
        "excluded_exams": "; ".join(scanner.excluded_exams),
    }


def stop_row(stop: Stop) -> Row:
    """Return a stop as its row."""
    return {
        "what": "stop",
        "id": f"{stop.scanner.code}-{stop.first_day}",
        "scanner": stop.scanner.code or "",
        "site": stop.site.slug,
        "from": stop.first_day.isoformat(),
        "to": stop.last_day.isoformat(),
        "opens": f"{stop.opens:%H:%M}",
        "closes": f"{stop.closes:%H:%M}",
    }
