"""How deprived the neighbourhood of a postcode is, by a file of the network's own.

The Index of Multiple Deprivation is published by neighbourhood (LSOA), patients have postcodes: the
file that DEPRIVATION_FILE names is a CSV with the columns `postcode` and `decile` (1 is the most
deprived tenth of England). Without it no decile is known, and pages say so.
"""

import csv
from functools import lru_cache

from django.conf import settings

NOT_KNOWN = "not known"
DECILES = tuple(str(decile) for decile in range(1, 11))


def decile_of(postcode: str) -> str:
    """Return the decile of a postcode, "1" to "10"; NOT_KNOWN if the file does not say."""
    if not settings.DEPRIVATION_FILE:
        return NOT_KNOWN
    return _table(settings.DEPRIVATION_FILE).get(_key(postcode), NOT_KNOWN)


@lru_cache(maxsize=2)
def _table(path: str) -> dict[str, str]:
    with open(path, newline="", encoding="utf-8-sig") as lines:
        return {
            _key(row["postcode"]): row["decile"].strip()
            for row in csv.DictReader(lines)
            if row["decile"].strip() in DECILES
        }


def _key(postcode: str) -> str:
    return "".join(postcode.upper().split())
