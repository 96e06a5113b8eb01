"""A handful of real postcodes and three real places around the bay."""

import pytest

from sites.models import Postcode, Scanner, Site, Trust

POSTCODES = {
    "LA14 4LF": (54.136395, -3.207899),
    "LA14 4LP": (54.137000, -3.209000),
    "LA14 5AA": (54.120000, -3.220000),
    "LA1 4RP": (54.042726, -2.799232),
    "LA1 1AA": (54.048000, -2.801000),
    "LA11 6AA": (54.190000, -2.910000),
    "PR1 4AA": (53.760000, -2.680000),
    "PR11 1AA": (53.795000, -2.685000),
    "FY6 0AJ": (53.928555, -2.986171),
    "FY7 6HP": (53.923000, -3.015000),
    "BB10 2PQ": (53.810424, -2.227879),
    "L1 1AA": (53.402000, -2.980000),
}


@pytest.fixture
def postcodes(db):
    Postcode.objects.bulk_create(
        Postcode(code=code, outward=code.split()[0], sector=code[:-2], lat=lat, lon=lon)
        for code, (lat, lon) in POSTCODES.items()
    )


@pytest.fixture
def bay(postcodes):
    """Furness General, Royal Lancaster, Fleetwood: close by crow, far by road."""
    trust = Trust.objects.create(code="RTX", name="Morecambe Bay")
    made = {}
    for name, postcode, kind in [
        ("Furness", "LA14 4LF", "hospital"),
        ("Lancaster", "LA1 4RP", "hospital"),
        ("Fleetwood", "FY7 6HP", "cdc"),
    ]:
        lat, lon = POSTCODES[postcode]
        site = Site.objects.create(
            slug=name.lower(), name=name, kind=kind, trust=trust, address=name,
            postcode=postcode, lat=lat, lon=lon,
        )  # fmt: skip
        Scanner.objects.create(site=site, modality="MR", name="MRI 1")
        made[name] = site
    return made
