"""The region's small areas and how deprived they are: from our file, or the operator's own."""

import re
from pathlib import Path

from django.db import transaction
from django.db.models import OuterRef, Subquery

from insights.files import Faults, columns_of, must_have
from insights.models import Area, PostcodeArea
from insights.one_load import Load, wait_for_other_loads
from received.csv_stream import open_table
from received.numbers import whole_number
from received.text import is_fit

FILE = Path(__file__).resolve().parent / "data" / "imd2025_lsoa_lsc.csv"
LSOA = re.compile(r"[EW]01\d{6}", re.ASCII)
DISTRICT_LONGEST = 60
COLUMNS = {
    "lsoa21": ("lsoa21", "lsoa21cd", "lsoa code (2021)"),
    "decile": ("imd2025 decile", "decile"),
    "rank": ("imd2025 rank", "rank"),
    "district": ("district",),
}


FIELDS = ("lsoa21", "decile", "rank", "district", "is_own")


def has_own() -> bool:
    """Whether an operator loaded a file of their own."""
    return Area.objects.filter(is_own=True).exists()


def load(path: Path, *, is_own: bool) -> int:
    """Put a file's areas in place of those that were there, all or none; return how many.

    Postcodes keep their area and take its decile; one whose area is gone is not known any more.
    Raises FileRefused and OSError.
    """
    areas = read(path)
    for area in areas:
        area.is_own = is_own
    with transaction.atomic():
        wait_for_other_loads(Load.AREAS)
        if set(Area.objects.values_list(*FIELDS)) == {_values(area) for area in areas}:
            return len(areas)
        Area.objects.all().delete()
        Area.objects.bulk_create(areas, batch_size=1000)
        PostcodeArea.objects.exclude(lsoa21__in=Area.objects.values("lsoa21")).delete()
        here = Area.objects.filter(lsoa21=OuterRef("lsoa21")).values("decile")
        PostcodeArea.objects.update(decile=Subquery(here))
    return len(areas)


def read(path: Path) -> list[Area]:
    """Return the areas of a file. Raises FileRefused, with the lines, and OSError."""
    faults, areas = Faults(path.name), {}
    with open_table(path) as rows:
        line, header = next(rows, (1, []))
        columns = columns_of(header, COLUMNS)
        must_have(columns, COLUMNS, faults, line)
        for line, row in rows:
            if len(row) != len(header):
                faults.add(line, f"there are {len(row)} cells and {len(header)} columns")
                continue
            area = _area({name: row[at].strip() for name, at in columns.items()}, line, faults)
            if area.lsoa21 in areas:
                faults.add(line, f"{area.lsoa21} was there before")
            areas[area.lsoa21] = area
    if not areas:
        faults.add(line, "there is no area in the file")
    faults.refuse()
    return list(areas.values())


def _values(area: Area) -> tuple[object, ...]:
    return tuple(getattr(area, name) for name in FIELDS)


def _area(said: dict[str, str], line: int, faults: Faults) -> Area:
    decile, rank = whole_number(said["decile"], 1, 10), whole_number(said["rank"], 1, 10**6)
    if not LSOA.fullmatch(said["lsoa21"]):
        faults.add(line, f"“{said['lsoa21']}” is no area of 2021, like E01012571")
    if decile is None:
        faults.add(line, f"“{said['decile']}” is no decile from 1 to 10")
    if rank is None:
        faults.add(line, f"“{said['rank']}” is no rank")
    district = said["district"]
    if not (0 < len(district) <= DISTRICT_LONGEST and is_fit(district)):
        faults.add(line, "there is no district, or a very long one")
    return Area(lsoa21=said["lsoa21"], decile=decile or 0, rank=rank or 0, district=district)
