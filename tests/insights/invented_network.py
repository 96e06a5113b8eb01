"""A network of two trusts that is small enough to be invented in a moment."""

from insights.demo import making
from sites.models import Scanner, Site, Trust

PLACES = (
    ("blackpool-victoria-hospital", "RXL", "hospital", ("CT", "MR", "MR")),
    ("whitegate-drive", "RXL", "cdc", ("CT", "MR")),
    ("royal-lancaster-infirmary", "RTX", "hospital", ("CT", "DX")),
    ("heysham-community-diagnostic-centre", "RTX", "cdc", ("CT",)),
)


def make_places():
    """Make the places; return their keys by slug."""
    for code in ("RXL", "RTX"):
        Trust.objects.get_or_create(code=code, defaults={"name": f"Trust {code}"})
    made = {}
    for number, (slug, trust, kind, modalities) in enumerate(PLACES):
        site = Site.objects.create(
            slug=slug, name=slug.replace("-", " ").capitalize(), kind=kind, trust_id=trust,
            address="Long Street", postcode="LA1 4RP", lat=53.8 + number / 10, lon=-2.9,
        )  # fmt: skip
        made[slug] = site.pk
        for at, modality in enumerate(modalities):
            Scanner.objects.create(site=site, modality=modality, name=f"{modality} {at}")
    return made


def make_invented(now):
    """Make the places and two years of figures; return the places' keys by slug."""
    made = make_places()
    making.create(now)
    return made
