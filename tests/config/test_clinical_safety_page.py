"""The hazard log names what is there: every module, every test, in a shape that can be checked."""

import re

import pytest

from tests.config.test_docs_names import fault_of, text_of

PARTS = ["What happens", "Causes", "Effect", "Controls", "The network", "Risk", "Left"]
SCALE = r"(Catastrophic|Major|Considerable|Significant|Minor), (Very high|High|Medium|Low|Very low)"
RISK = re.compile(rf"Before: {SCALE}: ([1-5])\. After: {SCALE}: ([1-5])\.")
NAMED = re.compile(r"`((?:[\w-]+/)+[\w.*-]+)(?:: (\w+))?`")
LOG = text_of("docs/hazards.md")
PAGE = text_of("docs/clinical-safety.md")


def hazards():
    """Return id, title and text of each hazard, in the order of the log."""
    return re.findall(r"^### (\S+?)\. ([^\n]+)\n(.*?)(?=^##|\Z)", LOG, re.MULTILINE | re.DOTALL)


def controls_of(text):
    return re.findall(r"^  - (.+)$", text, re.MULTILINE)


def named_in(words):
    return NAMED.findall(words)


def guards_in(words):
    return [(path, name) for path, name in named_in(words) if path.startswith("tests/") and name]


def table_of(head):
    """Return the cells of the page's table whose head begins so, with its head."""
    table = re.search(rf"^\| {re.escape(head)}.*\n(?:\|.*\n)+", PAGE, re.MULTILINE)[0]
    rows = [row.strip("|").split("|") for row in table.splitlines()]
    return [[cell.strip() for cell in row] for row in rows if set(row[0]) != {"-"}]


HAZARDS = hazards()
by_id = pytest.mark.parametrize("text", [pytest.param(text, id=key) for key, _, text in HAZARDS])


def test_ids_are_unique_and_in_order():
    assert len(HAZARDS) > 40
    assert [key for key, _, _ in HAZARDS] == [f"H{n:02}" for n in range(1, len(HAZARDS) + 1)]
    assert len({title for _, title, _ in HAZARDS}) == len(HAZARDS)
    assert LOG.count("\n### ") == len(HAZARDS)


@by_id
def test_each_hazard_has_its_parts_in_order_and_none_is_empty(text):
    found = re.findall(r"^- \*\*([\w ]+)\.\*\*(.*)$", text, re.MULTILINE)

    assert [part for part, _ in found] == PARTS
    assert [part for part, words in found if part != "Controls" and len(words) < 15] == []


@by_id
def test_each_control_names_a_test_that_is_there(text):
    controls = controls_of(text)

    assert controls
    assert [words for words in controls if not guards_in(words)] == []
    faults = [fault_of(path, name) for words in controls for path, name in guards_in(words)]
    assert [fault for fault in faults if fault] == []
    names = [name for words in controls for _, name in guards_in(words)]
    assert [name for name in names if not name.startswith("test_")] == []


@by_id
def test_each_hazard_has_a_control_in_a_module_or_page_that_is_there(text):
    named = [one for words in controls_of(text) for one in named_in(words)]
    ours = [(path, name) for path, name in named if not path.startswith("tests/")]

    assert ours
    assert [fault for path, name in ours if (fault := fault_of(path, name))] == []


@by_id
def test_each_risk_is_read_from_the_matrix_and_no_control_makes_it_worse(text):
    (head, *rows) = table_of("likelihood | Minor")
    matrix = {
        (severity, row[0]): int(risk)
        for row in rows
        for severity, risk in zip(head[1:], row[1:], strict=True)
    }
    assert len(matrix) == 25

    *was, before, severity, likelihood, after = RISK.search(text).groups()

    assert int(before) == matrix[tuple(was)]
    assert int(after) == matrix[severity, likelihood]
    assert int(after) <= int(before)
    assert severity == was[0], "no control here makes the harm itself less"


def test_the_table_of_the_page_is_that_of_the_log():
    risks = [RISK.search(text).groups() for _, _, text in HAZARDS]
    wanted = [
        [key, title, before, f"**{after}**" if int(after) >= 3 else after]
        for (key, title, _), (_, _, before, _, _, after) in zip(HAZARDS, risks, strict=True)
    ]

    assert table_of("hazard | what | before")[1:] == wanted


def test_every_hazard_that_the_page_speaks_of_is_in_the_log():
    ids = {key for key, _, _ in HAZARDS}

    assert set(re.findall(r"\bH\d\d\b", PAGE + LOG)) == ids


def test_every_path_of_both_pages_is_there():
    named = named_in(PAGE) + named_in(LOG)

    assert len(named) > 150
    assert [fault for path, name in named if (fault := fault_of(path, name))] == []
