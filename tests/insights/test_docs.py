"""docs/insights.md defines every measure in the words of the pages, and says what it is not."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from insights.measures import MEASURES
from insights.small_numbers import HIDDEN, count
from tools import measures

PAGE = (Path(settings.BASE_DIR) / "docs" / "insights.md").read_text(encoding="utf-8")


def test_the_definitions_are_those_of_the_code():
    assert measures.page() == PAGE, "run `make measures`"


@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: one.code)
def test_a_measure_has_a_heading_its_words_and_what_it_is_not(measure):
    _, found, rest = PAGE.partition(f"\n### {measure.name}\n")
    section = re.split(r"\n##+ ", rest)[0]

    assert found
    assert f"`{measure.code}`, in {measure.unit}" in section
    assert measure.words in section
    assert measure.is_not in section
    if measure.target is not None:
        assert measures.SOURCES[measure.code] in section


def test_every_target_has_a_source():
    assert {one.code for one in MEASURES if one.target is not None} <= set(measures.SOURCES)


def test_the_table_of_small_numbers_is_what_is_done():
    assert "| 1 to 7 | `*` |" in PAGE
    assert "8 and 12 are 10, 13 is 15" in PAGE
    assert {count(n, exact=False) for n in range(1, 8)} == {HIDDEN}
    assert [count(n, exact=False) for n in (8, 12, 13)] == ["10", "10", "15"]
