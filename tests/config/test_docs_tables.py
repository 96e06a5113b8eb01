"""The tables of docs/ that name codes, lists, roles, kinds and columns say what the code says."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from booking.management.commands.import_referrals import COLUMNS
from booking.models import NEEDS, Appointment, Referral, Slot, Staff, WorklistRow
from notifications.models import Kind, State
from sites.imports import table as places_file
from sites.models import MODALITIES
from sites.models import NEEDS as FACILITIES

DOCS = Path(settings.BASE_DIR) / "docs"


def rows(page, heading="# "):
    """Return the cells of the first table after a line that begins so, without its head."""
    text = re.split(f"^{heading}.*$", (DOCS / page).read_text(encoding="utf-8"), flags=re.M)[1]
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()]
    return [[cell.strip() for cell in row] for row in cells][2:]


def codes(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize(
    ("heading", "choices"),
    [
        ("## Modalities", list(MODALITIES.items())),
        ("## Urgencies", Referral.Urgency.choices),
        ("## Ends of a referral", Referral.End.choices),
        ("## Lists", WorklistRow.Kind.choices),
        ("## Outcomes of a row", WorklistRow.Outcome.choices),
        ("## Roles", Staff.Role.choices),
        ("## Kinds of text", Kind.choices),
    ],
)
def test_the_glossary_has_each_code_with_the_words_of_the_pages(heading, choices):
    assert rows("glossary.md", heading) == [[f"`{code}`", str(words)] for code, words in choices]


@pytest.mark.parametrize(
    ("heading", "states"),
    [
        ("## States of an appointment", Appointment.Status),
        ("## States of a slot, as its trust says", Slot.Status),
        ("## States of a text", State),
    ],
)
def test_the_glossary_has_each_state(heading, states):
    assert [row[0] for row in rows("glossary.md", heading)] == [f"`{one}`" for one in states.values]


def test_the_glossary_has_no_word_twice():
    words = [row[0] for head in ("# Words", "## From") for row in rows("glossary.md", head)]

    assert len(words) > 40
    assert sorted(words) == sorted(set(words))


def test_the_clerks_page_has_every_list_by_its_name():
    named = [row[0] for row in rows("clerks.md", "## The lists")]

    assert named == [str(kind.label) for kind in WorklistRow.Kind]


def test_the_referrals_page_has_every_column_urgency_and_need():
    table = {tuple(codes(row[0])): row[1] for row in rows("referrals.md")}
    last = next(holds for names, holds in table.items() if "needs" in names)

    assert sorted(name for names in table for name in names) == sorted(COLUMNS)
    assert codes(table[("urgency",)]) == Referral.Urgency.values
    assert [code for code in codes(last) if code != r"\|"] == list(NEEDS)


def test_the_places_page_has_every_column_modality_and_facility():
    page = (DOCS / "places-file.md").read_text(encoding="utf-8")
    table = rows("places-file.md")
    named = {code for row in table for cell in row[1:] for code in codes(cell)}
    listed = re.search(r"`facilities`: any of `([^`]+)`", page)[1]

    assert [codes(row[0]) for row in table] == [["trust"], ["site"], ["scanner"], ["stop"]]
    assert named | {"what", "remove"} == set(places_file.COLUMNS)
    assert re.search(r"`modality` \(([^)]+)\)", page)[1].split(", ") == list(MODALITIES)
    assert re.split(r";\s+", listed) == list(FACILITIES)
