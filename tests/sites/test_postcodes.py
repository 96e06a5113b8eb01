"""What people type, and where we take them to be."""

import pytest

from sites.postcodes import NotAPostcode, PostcodeNotKnown, find

pytestmark = pytest.mark.usefixtures("postcodes")


@pytest.mark.parametrize(
    "typed",
    ["LA14 4LF", "la14 4lf", "la144lf", " LA144LF ", "LA14-4LF.", "LAl4 4LF", "LAI4 4LF"],
)
def test_a_whole_postcode_is_found_however_it_is_typed(typed):
    found = find(typed)

    assert (found.postcode, found.approximate) == ("LA14 4LF", False)
    assert found.typed == (typed if typed in ("LAl4 4LF", "LAI4 4LF") else "")
    assert (found.lat, found.lon) == (54.136395, -3.207899)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("BB1O 2PQ", "BB10 2PQ"), ("8B10 2PQ", "BB10 2PQ"), ("FY6 OAJ", "FY6 0AJ")],
)
def test_letters_and_digits_are_put_right_where_the_shape_needs_it(typed, meant):
    found = find(typed)

    assert (found.postcode, found.typed) == (meant, typed)


def test_a_part_is_the_mean_of_what_it_covers_and_says_so():
    found = find("LA14")

    assert found.approximate
    assert found.postcode == "LA14"
    assert found.lat == pytest.approx((54.136395 + 54.137 + 54.12) / 3)


def test_pr1_is_not_pr11():
    assert find("PR1").lat == pytest.approx(53.76)
    assert find("PR11").lat == pytest.approx(53.795)


def test_a_space_says_where_the_first_part_ends():
    assert find("LA1 1").postcode == "LA1 1"
    assert find("LA11").postcode == "LA11"


def test_a_sector_without_a_space_is_understood():
    assert find("LA144").postcode == "LA14 4"


def test_a_postcode_that_has_ended_falls_back_to_its_sector():
    found = find("LA14 4ZZ")

    assert found.postcode == "LA14 4ZZ"
    assert found.approximate
    assert found.lat == pytest.approx((54.136395 + 54.137) / 2)


@pytest.mark.parametrize("typed", ["SW1A 1AA", "ZZ1 1ZZ", "IM1 1AA", "EH1", "BF1 2AA"])
def test_a_postcode_elsewhere_is_not_known_and_we_say_what_to_type(typed):
    with pytest.raises(PostcodeNotKnown) as refused:
        find(typed)
    assert "PR2 9HT" in refused.value.message


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "😀",
        "LA14 4LF😀",
        "x" * 10_000,
        "Lancaster",
        "Millom",
        "PRl",
        "<script>",
        "54.1,-3.2",
        "1",
        "ＬＡ１４",
    ],
)
def test_what_is_no_postcode_gets_a_clear_answer(typed):
    with pytest.raises(NotAPostcode) as refused:
        find(typed)
    assert "LA14 4LF" in refused.value.message


@pytest.mark.parametrize("typed", ["LA14 4LF", "LA14", "LA14 4ZZ"])
def test_a_look_up_costs_at_most_two_queries(typed, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        find(typed)
