"""Extracts of DM01 made for tests, in the shape that NHS England publishes."""

import csv
import io

from insights.dm01.catalogue import BANDS, TESTS, column_of_band
from insights.dm01.export import HEAD

ZERO = dict.fromkeys(HEAD, "0")
TODAY_COLUMNS = [
    "Period", "Provider Parent Org Code", "Provider Parent Name", "Provider Org Code",
    "Provider Org Name", "Commissioner Parent Org Code", "Commissioner Parent Name",
    "Commissioner Org Code", "Commissioner Org Name", "Diagnostic Tests Sort Order",
    "Diagnostic Tests", "00 < 01 Week", "01 < 02 Weeks", "02 < 03 Weeks", "03 < 04 Weeks",
    "04 < 05 Weeks", "05 < 06 Weeks", "06 < 07 Weeks", "07 < 08 Weeks", "08 < 09 Weeks",
    "09 < 10 Weeks", "10 < 11 Weeks", "11 < 12 Weeks", "12 < 13 Weeks", "13+ Weeks", "Total WL",
    "Waiting List Activity", "Planned Activity", "Unscheduled Activity", "Total Activity",
]  # fmt: skip
"""As published in April 2019 and in May 2026, written out by hand."""


def row(provider="RXL", test="CT", commissioner="00R", period="DM01-APRIL-2022", **said):
    """One row as a dict; `bands` by code; `done` is (waiting list, planned, unscheduled)."""
    bands, done = said.pop("bands", {}), said.pop("done", (0, 0, 0))
    order = {one.code: str(one.order) for one in TESTS}.get(test, "16")
    return {
        **ZERO,
        "Period": period, "Provider Parent Org Code": "QE1", "Provider Parent Name": "LANCASHIRE",
        "Provider Org Code": provider, "Provider Org Name": f"TRUST {provider}",
        "Commissioner Parent Org Code": "QE1", "Commissioner Parent Name": "LANCASHIRE",
        "Commissioner Org Code": commissioner, "Commissioner Org Name": f"NHS {commissioner}",
        "Diagnostic Tests Sort Order": order, "Diagnostic Tests": test,
        **{column_of_band(band): str(bands.get(band, 0)) for band in BANDS},
        "Total WL": str(sum(bands.values())),
        "Waiting List Activity": str(done[0]), "Planned Activity": str(done[1]),
        "Unscheduled Activity": str(done[2]), "Total Activity": str(sum(done)),
        **said,
    }  # fmt: skip


def text_of(rows, columns=HEAD, names=None):
    """Rows as the text of a file with these columns; `names` has other names for some."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([(names or {}).get(one, one) for one in columns])
    writer.writerows([one[name] for name in columns] for one in rows)
    return text.getvalue()
