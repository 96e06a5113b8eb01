"""What was published beside what we counted: the page, its file, and who sees whose."""

from datetime import date

import pytest

from booking.models import AuditEntry
from insights.dm01.reconcile import differences
from insights.models import Successor
from tests.insights.dm01.made import row

PAGE = "/staff/insights/dm01/"
OCTOBER = date(2026, 10, 1)
PERIOD = "DM01-OCTOBER-2026"


@pytest.fixture
def both(trusts, count, load, write):
    """October, of DM01 and of ours: CT at two trusts, and X-ray that DM01 does not ask for."""
    count(bands={"00": 10, "06": 3}, scans={"routine": 40, "planned": 2})
    count(trust="RXR", bands={"00": 7})
    count(modality="DX", bands={"00": 50})
    load(
        write(
            [
                row(period=PERIOD, bands={"00": 12, "06": 3}, done=(35, 2, 60)),
                row(period=PERIOD, provider="RXR", bands={"01": 7654}),
                row(period=PERIOD, test="MRI", bands={"13": 4}),
            ]
        )
    )


@pytest.fixture
def open_as(client, make_staff):
    def open_as(role="lead", trusts=("RXL",), query=""):
        client.force_login(make_staff(role, trusts).user)
        return client.get(f"{PAGE}{query}")

    return open_as


def shown(trust, test, what, **how):
    found = differences(["RXL", "RXR"], OCTOBER, **how)
    [one] = [one for one in found if (one.trust, one.test, one.what) == (trust, test, what)]
    return one.theirs, one.ours, one.difference


CT, X_RAY, MRI = "Computed tomography", "X-ray", "Magnetic resonance imaging"


def test_theirs_ours_and_the_difference_stand_side_by_side(both):
    assert shown("RXL", CT, "All who wait") == (15, 13, -2)
    assert shown("RXL", CT, "Waiting 6 weeks or more") == (3, 3, 0)
    assert shown("RXL", CT, "Waiting 13 weeks or more") == (0, 0, 0)


def test_scans_are_compared_without_those_that_nobody_booked(both):
    assert shown("RXL", CT, "Scans done, without unscheduled ones") == (37, 42, 5)


def test_what_one_side_does_not_have_is_not_known_and_says_why(both):
    assert shown("RXL", X_RAY, "All who wait") == (None, 50, None)
    words = {one.test: one.words for one in differences(["RXL"], OCTOBER)}
    assert words[X_RAY] == "DM01 does not ask for it"
    assert words[CT] == ""
    assert "Radionuclide" not in words  # nobody asks for it, and we counted none
    other = differences(["RXL"], date(2026, 9, 1), "CT")
    assert other[0].words == ("This month of DM01 is not loaded for this trust. We counted nothing")


def test_a_test_that_a_loaded_month_has_no_row_of_is_none_there(both):
    assert shown("RXR", MRI, "All who wait") == (0, 0, 0)


def test_a_test_that_we_counted_none_of_in_a_counted_month_is_none_here(both):
    assert shown("RXL", MRI, "All who wait") == (4, 0, -4)


def test_a_trust_that_we_counted_nothing_of_is_not_known(both, load, write):
    load(write([row(period=PERIOD, provider="RMB", bands={"00": 4})]), "--providers", "RMB")

    found = differences(["RMB"], OCTOBER, "CT")[0]
    assert (found.theirs, found.ours, found.words) == (4, None, "We counted nothing")


def test_each_week_is_shown_of_one_trust_and_test(both):
    assert shown("RXL", CT, "06 < 07 Weeks", modality="CT", with_bands=True) == (3, 3, 0)
    assert len(differences(["RXL"], OCTOBER, "CT", with_bands=True)) == 4 + 14


def test_the_months_of_who_was_merged_are_counted_in_on_both_sides(both, count, load, write, now):
    Successor.objects.create(code="RMB", trust="RXL", who="Ann", why="merged", said_at=now)
    count(trust="RMB", bands={"00": 1})
    load(write([row(period=PERIOD, provider="RMB", bands={"00": 100})]), "--providers", "RMB")

    assert shown("RXL", CT, "All who wait") == (115, 14, -101)


def test_nothing_loaded_says_how_to_load(trusts, open_as, now):
    page = open_as().content.decode()

    assert "No month of DM01 is loaded" in page
    assert "manage.py load_dm01 FILE" in page
    assert "We counted nothing yet" in page


def test_only_counted_is_shown_with_how_to_load(trusts, count, open_as, now):
    count(bands={"00": 10})
    page = open_as().content.decode()

    assert "manage.py load_dm01 FILE" in page
    assert "This month of DM01 is not loaded for this trust" in page


def test_the_page_shows_ones_own_trust_alone_exactly(both, open_as):
    page = open_as().content.decode()

    assert "2 fewer" in page
    assert "5 more" in page
    assert "the same" in page
    assert "7,654" not in page
    assert "East Lancashire" not in page


def test_who_runs_the_network_sees_all_trusts(both, open_as):
    page = open_as("network_admin", trusts=()).content.decode()

    assert "7,654" in page
    assert "2 fewer" in page


def test_another_trusts_figures_are_not_opened_by_the_address(both, open_as):
    answer = open_as(query="?trust=RXR")

    assert answer.status_code == 400
    assert "Choose one of these" in answer.content.decode()
    assert "7,654" not in answer.content.decode()


@pytest.mark.parametrize("query", ["?trust=RXR&as=csv", "?trust=RXR&as=dm01"])
def test_nor_by_the_files(both, open_as, query):
    answer = open_as(query=query)

    assert answer.status_code == 400
    assert "Content-Disposition" not in answer


@pytest.mark.parametrize("role", ["clerk", "imaging"])
def test_who_has_no_part_in_it_is_told_so(both, open_as, role):
    assert open_as(role).status_code == 403


def test_the_choice_narrows_and_stands_in_the_form(both, open_as):
    page = open_as(query="?month=2026-10&trust=RXL&test=CT").content.decode()

    assert '<option value="CT" selected' in page
    assert "06 &lt; 07 Weeks" in page
    assert "X-ray</td>" not in page


def test_the_table_is_saved_as_a_file(both, open_as):
    answer = open_as(query="?as=csv&test=CT")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    assert lines[0] == "Trust,Test,What,DM01,Ours,We count,Why"
    assert lines[1] == "RXL,Computed tomography,All who wait,15,13,2 fewer,"
    assert 'filename="dm01-2026-10-differences.csv"' in answer["Content-Disposition"]
    assert AuditEntry.objects.filter(detail={"table": "DM01"}).count() == 1


def test_our_month_is_saved_in_dm01s_shape_of_ones_own_trusts(both, open_as):
    answer = open_as(query="?as=dm01&month=2026-10")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    assert lines[0].startswith("Period,Provider Parent Org Code")
    assert [line.split(",")[3] for line in lines[1:]] == ["RXL"]
    assert AuditEntry.objects.filter(detail={"table": "DM01"}).count() == 1


def test_a_month_that_is_not_over_is_not_saved(both, count, open_as):
    count(month=date(2026, 11, 1), bands={"00": 1})
    answer = open_as(query="?as=dm01&month=2026-11")

    assert answer.status_code == 400
    assert "November 2026 is not over" in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_the_month_that_is_shown_first_is_the_newest_published(both, count, open_as):
    count(month=date(2026, 11, 1), bands={"00": 1})

    assert "October 2026, Blackpool Teaching Hospitals" in open_as().content.decode()
