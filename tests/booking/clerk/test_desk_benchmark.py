"""The benchmark of the desk's pages goes on running; what it counts is held here, small."""

import pytest

from benchmarks import desk_pages
from benchmarks.desk_pages import Sizes


@pytest.mark.usefixtures("jane")  # for the exam
def test_no_page_of_the_desk_asks_more_than_its_aim(monkeypatch, capsys, now):
    monkeypatch.setattr(desk_pages, "NOW", now)
    monkeypatch.setattr(desk_pages, "ROUNDS", 1)
    made = desk_pages.run(Sizes(rows=70, people=9, small=3))
    assert {page.name for page in made} == set(desk_pages.PAGES)
    for page in made:
        assert 2 < page.queries <= page.most, page
        assert page.ours > 0 < page.control
    said = capsys.readouterr().out
    assert "70 open rows" in said
    assert said.count(" x") >= len(made)
