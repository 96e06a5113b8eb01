"""The layouts of other years: names, order, widths of bands, letters, numbers."""

from datetime import date

import pytest

from insights.dm01.catalogue import BY_CODE, OURS, OURS_ONLY, code_of_test, column_of_band
from insights.dm01.export import HEAD
from insights.dm01.layout import month_of, tiles
from insights.models import Dm01Month
from tests.insights.dm01.made import row, text_of

WEEKS = [name for name in HEAD if "Week" in name]


def only():
    [one] = Dm01Month.objects.all()
    return one


def test_dm01_asks_for_ct_mri_ultrasound_and_dexa_and_not_for_x_ray_and_radionuclide():
    assert {modality: test.code for modality, test in OURS.items()} == {
        "MR": "MRI", "CT": "CT", "US": "NON_OBSTETRIC_ULTRASOUND", "BMD": "DEXA_SCAN",
    }  # fmt: skip
    assert OURS_ONLY == ("DX", "NM")
    assert len(BY_CODE) == 15


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("MRI", "MRI"),
        ("MAGNETIC RESONANCE IMAGING", "MRI"),
        ("Computed Tomography", "CT"),
        ("Non-obstetric ultrasound", "NON_OBSTETRIC_ULTRASOUND"),
        ("NON_OBSTETRIC_ULTRASOUND", "NON_OBSTETRIC_ULTRASOUND"),
        ("DEXA Scan", "DEXA_SCAN"),
        ("AUDIOLOGY - AUDIOLOGY ASSESSMENTS", "AUDIOLOGY_ASSESSMENTS"),
        ("NEUROPHYSIOLOGY - PERIPHERAL NEUROPHYSIOLOGY", "PERIPHERAL_NEUROPHYS"),
        ("URODYNAMICS - PRESSURES & FLOWS", "URODYNAMICS"),
        (" total ", "TOTAL"),
    ],
)
def test_a_test_is_known_by_the_names_of_all_years(name, code):
    assert code_of_test(name) == code


@pytest.mark.parametrize(
    ("period", "year", "month"),
    [
        ("DM01-APRIL-2022", "", date(2022, 4, 1)),
        ("DM01-April-2019", "", date(2019, 4, 1)),
        ("Sept 2014", "", date(2014, 9, 1)),
        ("Apr-22", "", date(2022, 4, 1)),
        ("2019-04", "", date(2019, 4, 1)),
        ("MARCH", "2015-16", date(2016, 3, 1)),
        ("April", "2015-16", date(2015, 4, 1)),
        ("April", "", None),
        ("2019-13", "", None),
        ("Summer 2019", "", None),
        ("", "", None),
    ],
)
def test_a_month_is_read_as_each_layout_writes_it(period, year, month):
    assert month_of(period, year) == month


def test_columns_may_stand_in_any_order_under_other_names(trusts, load, write):
    names = {
        "Provider Org Code": "PROVIDER_CODE", "Total WL": "Total  Waiting List",
        "Diagnostic Tests": "Diagnostic Test Name", "Commissioner Org Code": "Commissioner Code",
        "00 < 01 Week": "0-1 weeks", "13+ Weeks": "13+ weeks",
    }  # fmt: skip

    load(write([row(bands={"00": 5, "13": 2})], columns=HEAD[::-1], names=names))

    assert (only().waiting, only().over_thirteen, only().bands["00"]) == (7, 2, 5)


def test_financial_years_and_titles_before_the_names_are_read(trusts, load, write):
    path = write(
        [row(period="MARCH", bands={"00": 5}) | {"Year": "2012-13"}], columns=("Year", *HEAD)
    )
    path.write_text("Diagnostics\n\nBasis: provider\n" + path.read_text("utf-8"), encoding="utf-8")

    load(path)

    assert only().month == date(2013, 3, 1)


def test_numbers_may_have_commas_and_decimals_of_a_spreadsheet(trusts, load, write):
    numbers = {"00 < 01 Week": "1,234", "Total WL": "1,234.0", "Planned Activity": " 7 "}

    load(write([row() | numbers | {"Total Activity": "7.00"}]))

    assert (only().waiting, only().planned_activity) == (1234, 7)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_letters_of_every_usual_kind_are_read(trusts, load, write, encoding):
    name = {"Provider Org Name": "St Mary’s Café £"}

    load(write([row(bands={"00": 5}) | name], encoding=encoding))

    assert only().waiting == 5


def test_weeks_that_are_missing_are_not_known_and_never_guessed(trusts, load, write):
    without = [name for name in HEAD if name not in WEEKS]

    load(write([row(bands={"00": 5, "07": 3})], columns=without))

    assert (only().waiting, only().over_six, only().over_thirteen) == (8, None, None)
    assert only().bands == {}


def test_wider_bands_say_what_they_can(trusts, load, write):
    names = {"00 < 01 Week": "00 < 06 Weeks", "06 < 07 Weeks": "06 < 13 Weeks"}
    kept = [name for name in HEAD if name not in WEEKS or name in {*names, "13+ Weeks"}]

    load(write([row(bands={"00": 5, "06": 3, "13": 2})], columns=kept, names=names))

    assert (only().waiting, only().over_six, only().over_thirteen) == (10, 5, 2)
    assert only().bands == {"13": 2}


def test_weeks_beyond_thirteen_are_put_together(trusts, load, write):
    names = {"13+ Weeks": "14+ Weeks"}
    wide = [row(bands={"12": 1, "13": 2}) | {"13 < 14 Weeks": "4", "Total WL": "7"}]

    load(write(wide, columns=(*HEAD, "13 < 14 Weeks"), names=names))

    assert (only().waiting, only().over_six, only().bands["13"]) == (7, 7, 6)


def test_one_missing_week_leaves_what_needs_it_unknown(trusts, load, write):
    columns = [name for name in HEAD if name != column_of_band("06")]

    load(write([row(bands={"00": 5, "13": 2})], columns=columns))

    assert only().over_six is None
    assert only().over_thirteen == 2
    assert "06" not in only().bands
    assert only().bands["05"] == 0


def test_empty_cells_are_none_where_the_total_says_so_and_else_unknown(trusts, load, write):
    whole = row(bands={"00": 5}) | {"06 < 07 Weeks": "", "07 < 08 Weeks": "-"}
    lost = row(test="MRI", bands={"00": 5}) | {"06 < 07 Weeks": "", "Total WL": "9"}

    load(write([whole, lost]))

    ct, mri = Dm01Month.objects.order_by("test")
    assert (ct.over_six, ct.bands["06"]) == (0, 0)
    assert (mri.waiting, mri.over_six) == (9, None)


def test_part_of_a_sum_is_never_taken_for_all_of_it(trusts, load, write):
    lost = row(commissioner="00Q", done=(5, 0, 0)) | {
        "Planned Activity": "", "06 < 07 Weeks": "", "Total WL": "9",
    }  # fmt: skip

    load(write([row(done=(1, 2, 3)), lost]))

    assert (only().planned_activity, only().waiting_list_activity, only().activity) == (None, 6, 11)
    assert (only().waiting, only().over_six) == (9, None)
    assert "06" not in only().bands
    assert "07" in only().bands


def test_tiles_cover_exactly_what_is_asked_or_nothing():
    weeks = {(0, 6): 0, (6, None): 1, (6, 13): 2, (13, None): 3}

    assert tiles(weeks, 0, None) == (0, 2, 3)
    assert tiles(weeks, 6, None) == (2, 3)
    assert tiles({(6, None): 1}, 6, None) == (1,)
    assert tiles(weeks, 0, 1) == ()
    assert tiles(weeks, 5, None) == ()


def test_the_text_of_a_file_made_here_is_quoted_as_the_published_one():
    assert text_of([row()]).startswith('"Period","Provider Parent Org Code"')
