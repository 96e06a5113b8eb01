"""What a file says that a scanner can do."""

import pytest

from sites import changes, places
from sites.abilities import Abilities
from sites.data import DATA
from sites.imports import export, table
from sites.models import Scanner
from tests.sites.test_imports import became, load

pytestmark = pytest.mark.usefixtures("bay")
OLD = "what,id,name,trust,modality,bore_cm\nscanner,van-1,The van,RTX,MR,70\n"
ALL = (
    "what,id,name,trust,modality,bore_cm,table_kg,contrast,hoist,step_free,wheelchair_transfer,"
    "wide,under_16s,general_anaesthetic,excluded_exams\n"
)
ROW = "scanner,van-1,The van,RTX,MR,70,180,yes,no,yes,no,yes,no,,mr-head; MR-HEART\n"
CAN = Abilities(True, 180, 70, False, True, False, True, False, None, ("MR-HEAD", "MR-HEART"))


@pytest.fixture(autouse=True)
def _exams(monkeypatch):
    monkeypatch.setattr(changes, "exam_codes", [lambda: {"MR-HEAD", "MR-HEART"}])


def able():
    return Scanner.objects.get(code="van-1").abilities


def test_all_that_a_scanner_can_do_comes_in_and_goes_out_again():
    assert became(load(ALL + ROW)) == ["created"]
    assert able() == CAN

    again = table.write(export.rows())

    assert set(became(load(again))) == {"unchanged"}
    assert able() == CAN
    assert places.table().scanners[Scanner.objects.get(code="van-1").pk] == CAN


def test_a_file_from_before_says_nothing_of_it_and_takes_nothing_away():
    load(OLD)
    assert able() == Abilities(bore_cm=70)

    load(ALL + ROW)
    assert became(load(OLD)) == ["unchanged"]
    assert able() == CAN


def test_an_empty_cell_is_nobody_said():
    load(ALL + ROW)

    changed = load(ALL + "scanner,van-1,The van,RTX,MR,,,,,,,,,,\n")

    assert able() == Abilities()
    assert "hoist: False → none" in changed[0].details


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("hoist", "perhaps", "hoist is 'perhaps'; type yes or no"),
        ("under_16s", "12", "under_16s is '12'; type yes or no"),
        ("table_kg", "20", "type a whole number from 50 to 500"),
        ("excluded_exams", "MR-HEAD; MR-TOE", "excluded_exams holds 'MR-TOE'"),
        ("excluded_exams", "MR HEAD", "type codes of exams that are loaded, with ; between them"),
    ],
)
def test_what_is_wrong_refuses_the_whole_row_and_says_what_to_type(column, cell, says):
    load(ALL + ROW)
    header = f"what,id,name,trust,modality,contrast,{column}\n"

    found = load(f"{header}scanner,van-1,The van,RTX,MR,no,{cell}\n")

    assert became(found) == ["refused"]
    assert says in found[0].details
    assert able() == CAN


def test_exams_are_not_looked_up_before_any_is_loaded(monkeypatch):
    monkeypatch.setattr(changes, "exam_codes", [set])
    assert became(load(ALL + ROW)) == ["created"]


def test_the_invented_network_says_most_and_leaves_some_unsaid():
    rows = table.read((DATA / "scanners.csv").read_bytes())
    for name in table.ABLE:
        cells = [row[name] for _, row in rows]
        assert set(cells) == {"yes", "no", ""} or name == "wide"
        assert cells.count("") < len(cells)
