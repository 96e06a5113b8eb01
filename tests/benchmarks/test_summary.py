"""The summary says every figure of both databases, and by name what was missed."""

import pytest

from benchmarks import summary


@pytest.fixture
def told(monkeypatch):
    monkeypatch.setattr(summary, "_told", [])


def test_what_a_part_tells_comes_back_from_its_file(told, tmp_path):
    summary.begin("search")
    assert summary.tell("ours to the best", "5.0 x", "<= 4", False) == "MISSED"
    assert summary.tell("a scan in two visits", "7 ms") == ""
    summary.keep(tmp_path / "one.json", {"search": summary.Took(2.0, 1.0)})
    figures, seconds = summary.read(tmp_path / "one.json")
    assert figures == [
        summary.Figure("search", "ours to the best", "5.0 x", "<= 4", False),
        summary.Figure("search", "a scan in two visits", "7 ms"),
    ]
    assert seconds == {"search": summary.Took(2.0, 1.0)}
    assert summary.read(tmp_path / "none.json") == ([], {})


def test_both_databases_stand_side_by_side_and_what_was_missed_is_said_again():
    good = summary.Figure("search", "ours", "2.0 x", "<= 4", True)
    bad = summary.Figure("search", "ours", "5.0 x", "<= 4", False)
    alone = summary.Figure("travel", "for 40 places", "0.3 ms")
    runs = {
        "sqlite": ([good, alone], {"search": summary.Took(3.0, 2.0)}),
        "postgresql": ([bad], {"search": summary.Took(4.0, 1.0)}),
    }
    head, ours, travel, _, missed, which, *times = "\n".join(summary.lines(runs)).split("\n")
    assert head.split() == ["Summary", "sqlite", "postgresql"]
    assert ours.split() == ["search", "ours", "2.0", "x", "(<=", "4)", "met",
                            "5.0", "x", "(<=", "4)", "MISSED"]  # fmt: skip
    assert travel.split() == ["travel", "for", "40", "places", "0.3", "ms", "-"]
    assert missed == "Of 2 targets 1 MISSED:"
    assert which == "  postgresql: search, ours: 5.0 x (<= 4)"
    assert [line.split(": ")[1] for line in times] == [
        "search 3/2; 3/2 in all", "search 4/1; 4/1 in all"
    ]  # fmt: skip


def test_a_run_that_missed_nothing_names_nothing():
    runs = {
        "sqlite": (
            [summary.Figure("search", "ours", "2.0 x", "<= 4", True)],
            {"search": summary.Took(3.0, 2.0)},
        )
    }
    assert "Of 1 targets 0 MISSED" in summary.lines(runs)[-2]
