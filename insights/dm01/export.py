"""Our own month in the shape of the full extract, so that it can be laid beside it."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from insights.dm01.catalogue import BANDS, OURS, column_of_band
from insights.dm01.own import own
from sites.models import Trust
from times.london import day_in_england

NOT_KNOWN = "NOT KNOWN TO THIS SERVICE"
"""Who commissions a scan, and whom a trust belongs to, nobody tells us: it is not made up."""
HEAD = (
    "Period", "Provider Parent Org Code", "Provider Parent Name", "Provider Org Code",
    "Provider Org Name", "Commissioner Parent Org Code", "Commissioner Parent Name",
    "Commissioner Org Code", "Commissioner Org Name", "Diagnostic Tests Sort Order",
    "Diagnostic Tests", *map(column_of_band, BANDS), "Total WL", "Waiting List Activity",
    "Planned Activity", "Unscheduled Activity", "Total Activity",
)  # fmt: skip


class NothingToExport(ValueError):
    """There is no such month of ours; the text says why."""


def export_rows(trusts: Collection[str], month: date, *, now: datetime) -> list[tuple[str, ...]]:
    """Return the names of the columns and a row for each trust and test. Raises NothingToExport.

    X-ray and radionuclide are left out, as DM01 does not ask for them; so are rows of totals,
    which would be of four tests and look like those of fifteen.
    """
    said = f"{month:%B %Y}"
    if not has_ended(month, now=now):
        raise NothingToExport(f"{said} is not over. DM01 counts who waits on a month’s last day.")
    rows = list(_rows(trusts, month))
    if not rows:
        raise NothingToExport(f"Nothing was counted in {said}.")
    return [HEAD, *rows]


def has_ended(month: date, *, now: datetime) -> bool:
    """Return whether a month is over in England."""
    return (month + timedelta(days=31)).replace(day=1) <= day_in_england(now)


def _rows(trusts: Collection[str], month: date) -> Iterator[tuple[str, ...]]:
    names = dict(Trust.objects.values_list("code", "name"))
    found = own(trusts, month)
    for trust in sorted(trusts):
        for modality, test in sorted(OURS.items(), key=lambda one: one[1].order):
            figures = found.get((trust, modality))
            if figures is None:
                continue
            numbers = (
                figures.waiting,
                figures.waiting_list_activity,
                figures.planned_activity,
                None,  # unscheduled: not known
                figures.activity,
            )
            yield (
                f"DM01-{month:%B-%Y}".upper(), "", NOT_KNOWN, trust, names.get(trust, ""),
                "", NOT_KNOWN, "", NOT_KNOWN, str(test.order), test.code,
                *(str(figures.bands[band]) for band in BANDS),
                *("" if one is None else str(one) for one in numbers),
            )  # fmt: skip
