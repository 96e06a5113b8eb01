"""How we are doing: three figures for everybody, rounded, by kind of place."""

import re
from datetime import date

import pytest
from django.test import Client

from insights.demo import baseline
from insights.demo.story import usual
from insights.models import Invented, PlaceMonth, TrustMonth
from insights.performance import performance
from tests.booking.signing_in import prove

OCTOBER, YEAR_BEFORE = date(2026, 10, 1), date(2025, 10, 1)


@pytest.fixture
def count(furness, trust, time_machine, now):
    """Write what was counted into both tables of months."""
    time_machine.move_to(now, tick=False)

    def count(counter, n, *, group="", site=None, modality="MR", month=OCTOBER, total=0):
        about = {
            "counter": counter, "group": group, "trust": "RTX", "modality": modality, "n": n,
            "total": total,
        }  # fmt: skip
        TrustMonth.objects.create(month=month, **about)
        where = furness.pk if site is None else site
        PlaceMonth.objects.create(month=month, site=where, **about)

    return count


@pytest.fixture
def cdc(make_site):
    return make_site("Heysham", "LA3 2AE", 54.04, -2.88, kind="cdc")


def page(query="", client=None):
    return (client or Client()).get(f"/performance/{query}")


def words(answer):
    text = re.sub(r"<svg.*?</svg>|<details.*?</details>", "", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_42_days_are_six_weeks_and_41_are_not(count):
    count("scans", 100)
    for group, n in (("05", 900), ("06", 60), ("13", 40)):
        count("waiting", n, group=group)

    assert "10% of the people who wait for a scan had waited 6 weeks" in words(page())


def test_each_kind_of_place_says_how_long_people_had_waited(count, cdc):
    count("waiting", 100, group="00")
    count("scans", 100, total=2_140), count("scans", 50, total=700, site=cdc.pk)
    count("scans", 40, total=1_000, month=YEAR_BEFORE)
    count("scans", 7, total=70, month=YEAR_BEFORE, site=cdc.pk)

    said = words(page())

    assert "Hospitals 21 days 25 days" in said
    assert "Community diagnostic centres 14 days too few to say" in said
    assert "All together 19 days 23 days" in said


def test_parts_of_1_to_7_are_the_same_in_a_sum_whichever_they_are(count):
    count("scans", 100), count("waiting", 900, group="00")
    count("waiting", 60, group="06"), count("waiting", 900, group="00", modality="CT")
    count("waiting", 1, group="06", modality="CT")
    one = words(page())
    TrustMonth.objects.filter(modality="CT", group="06").update(n=7)
    assert words(page()) == one


@pytest.mark.parametrize(("n", "said"), [(7, "too few to say"), (1, "too few to say"), (8, "10%"),
                                         (12, "10%"), (13, "15%"), (0, "0.0%")])  # fmt: skip
def test_small_numbers_are_not_said_and_others_are_rounded(count, n, said):
    count("scans", 100)
    count("waiting", 100 - n, group="00"), count("waiting", n, group="06")

    assert f"{said} of the people who wait" in words(page())


def test_extended_hours_are_a_share_of_the_times_offered(count):
    count("scans", 100)
    for group, n in (("taken", 600), ("lost", 100), ("taken+", 150), ("unused+", 150)):
        count("slots", n, group=group)

    assert "30% of the times that we had for a scan" in words(page())


def test_scans_stand_against_the_same_month_before_the_pandemic(count, cdc, now):
    baseline.create(["RTX"], now)
    before = usual("MR", "RTX", 10)
    count("scans", before), count("scans", before // 2, site=cdc.pk)

    said = words(page("?scan=MR"))

    assert "In October 2026 it was 150% ." in said
    assert "Hospitals 100%" in said
    assert "Community diagnostic centres 50%" in said


def test_without_a_baseline_the_page_says_so(count):
    count("scans", 500), count("scans", 500, modality="DX")
    assert "do not have the numbers from before COVID-19 yet" in words(page("?scan=MR"))
    assert "For this kind of scan we have no numbers" in words(page("?scan=DX"))


def test_x_rays_count_for_times_alone_when_all_scans_are_shown(count):
    count("scans", 100), count("scans", 900, modality="DX")
    count("waiting", 100, group="00"), count("waiting", 900, group="09", modality="DX")
    count("slots", 50, modality="DX", group="taken")
    count("slots", 50, group="unused+")

    said = words(page())

    assert "0.0% of the people who wait" in said
    assert "50% of the times" in said
    assert "leave out X-rays" in said
    assert "100% of the people who wait for a X-ray" not in said
    assert "90" not in re.findall(r"(\d+)% of the people", said)


def test_this_month_is_not_shown_before_it_is_over(count, now):
    count("scans", 100), count("waiting", 100, group="00")
    count("scans", 100, month=date(2026, 11, 1))
    count("waiting", 100, group="09", month=date(2026, 11, 1))

    assert performance("", now=now).month == OCTOBER
    assert "November 2026" not in page().content.decode()


def test_every_month_is_in_a_table_and_the_drawing_says_what_it_shows(count):
    for month in range(1, 11):
        count("scans", 100, month=date(2026, month, 1))
        count("waiting", 100, group="00", month=date(2026, month, 1))
        count("waiting", 10 * month, group="06", month=date(2026, month, 1))
    text = page().content.decode()

    assert len(re.findall(r"<th scope=\"row\"[^>]*>\w+ 2026</th>", text)) == 10
    assert re.search(r"<svg[^>]+role=\"img\"[^>]+aria-labelledby=\"waits-title waits-desc\"", text)
    assert "From January 2026 to October 2026. The last figure is 50%." in text


def test_before_anything_is_counted_it_says_so(db):
    answer = page()
    assert answer.status_code == 200
    assert "We have no figures yet" in words(answer)


@pytest.mark.parametrize("asked", ["XX", "mr ", "1 OR 1=1"])
def test_a_scan_that_is_none_is_said_and_not_kept_by_caches(count, asked):
    answer = page(f"?scan={asked}")
    assert answer.status_code == 400
    assert "Choose one of the scans in the list" in words(answer)
    assert answer["Cache-Control"] == "no-store"


def test_caches_may_keep_it_and_it_is_nobodys(count, jane, make_staff):
    count("scans", 100), count("waiting", 100, group="00")
    patient, staff = Client(), Client()
    prove(patient)
    staff.force_login(make_staff().user)
    nobody = page()

    assert nobody["Cache-Control"] == "max-age=3600, public"
    assert not nobody.cookies
    for browser in (patient, staff):
        answer = page(client=browser)
        assert answer.content == nobody.content
        assert answer["Cache-Control"] == "max-age=3600, private"


def test_invented_figures_say_that_they_are(count, now):
    count("scans", 100)
    assert "Invented figures" not in words(page())
    Invented.objects.create(note="Invented figures.", at=now)
    assert "Invented figures." in words(page())


def test_it_asks_the_database_as_often_however_much_was_counted(
    count, django_assert_max_num_queries
):
    for month in range(1, 11):
        count("scans", 100, month=date(2026, month, 1))
    page()  # this address's first call of the minute begins its count
    with django_assert_max_num_queries(11):
        page()
