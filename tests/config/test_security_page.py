"""docs/security.md has every requirement once, counts itself right and names what is there."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SECTIONS = {
    "V1": {1: 2, 2: 9, 3: 11, 4: 3, 5: 2},
    "V2": {1: 3, 2: 3, 3: 4, 4: 1},
    "V3": {2: 2, 3: 4, 4: 6, 5: 5, 7: 2},
    "V4": {1: 3, 2: 1, 3: 2, 4: 4},
    "V5": {1: 1, 2: 3, 3: 2, 4: 3},
    "V6": {1: 3, 2: 12, 3: 4, 4: 4, 5: 5, 6: 3, 8: 4},
    "V7": {1: 3, 2: 4, 3: 2, 4: 5, 5: 2, 6: 2},
    "V8": {1: 2, 2: 3, 3: 1, 4: 1},
    "V9": {1: 3, 2: 4},
    "V10": {1: 2, 2: 2, 3: 4, 4: 11, 5: 5, 6: 2, 7: 3},
    "V11": {1: 2, 2: 3, 3: 3, 4: 4, 5: 1, 6: 1},
    "V12": {1: 3, 2: 2, 3: 4},
    "V13": {1: 1, 2: 5, 3: 2, 4: 5},
    "V14": {1: 2, 2: 4, 3: 3},
    "V15": {1: 3, 2: 3, 3: 7},
    "V16": {1: 1, 2: 5, 3: 4, 4: 3, 5: 3},
    "V17": {1: 1, 2: 4, 3: 2},
}
"""How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has: they come first in it."""
STANDS = ("met", "not met", "n/a")
ROW = re.compile(r"^\| (V\d+)\.(\d+)\.(\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
PATH = re.compile(r"([\w.-]*[\w/-]+(?:\.\w+)?)(?:: (\w+))?")
AT_THE_TOP = {"Dockerfile", "README.md", "SECURITY.md", "pyproject.toml", "docker-compose.yml"}


def page():
    return (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def named():
    """Return each path that stands between backticks, with the name after it or None."""
    found = []
    for text in re.findall(r"`([^`\n]+)`", page()):
        match = PATH.fullmatch(text)
        if match and (match[1] in AT_THE_TOP or re.match(r"[\w.-]+/\w", match[1])):
            found.append(match.groups())
    return found


@cache
def names_of_tests(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_requirement_of_every_chapter_has_one_row_in_its_order():
    wanted = [
        (chapter, section, number)
        for chapter, sections in SECTIONS.items()
        for section, count in sections.items()
        for number in range(1, count + 1)
    ]
    rows = [(row[0], int(row[1]), int(row[2])) for row in ROW.findall(page())]

    assert len(wanted) == 253
    assert rows == wanted


def test_every_chapter_has_a_heading_with_its_own_rows_below():
    parts = re.split(r"^## ", page(), flags=re.MULTILINE)
    chapters = {part.split()[0]: part for part in parts if re.match(r"V\d+ ", part)}

    assert list(chapters) == list(SECTIONS)
    for chapter, part in chapters.items():
        assert {row[0] for row in ROW.findall(part)} == {chapter}


def test_every_row_says_how_it_stands_and_the_counts_are_right():
    rows = ROW.findall(page())
    counts = Counter((row[0], row[4]) for row in rows) + Counter(("all", row[4]) for row in rows)
    said = re.findall(r"^\| (V\d+|all) \| (\d+) \| (\d+) \| (\d+) \|$", page(), re.MULTILINE)

    assert {row[4] for row in rows} <= set(STANDS)
    assert [one[0] for one in said] == [*SECTIONS, "all"]
    for chapter, *numbers in said:
        assert [int(one) for one in numbers] == [counts[chapter, how] for how in STANDS], chapter


def test_what_is_named_among_the_gaps_is_not_met():
    stands = {f"{row[0]}.{row[1]}.{row[2]}": row[4] for row in ROW.findall(page())}
    gaps = page().split("## Known gaps")[1].split("\n## ")[0]
    listed = re.findall(r"V\d+\.\d+\.\d+", gaps)

    assert len(listed) > 9
    assert [one for one in listed if stands[one] != "not met"] == []


def test_every_file_and_every_test_that_it_names_is_there():
    found = named()

    assert len(found) > 150
    assert [path for path, _ in found if not (ROOT / path).exists()] == []
    tests = [(path, name) for path, name in found if name and path.startswith("tests/")]
    assert len(tests) > 80
    assert [one for one in tests if one[1] not in names_of_tests(one[0])] == []


def test_it_is_led_to():
    assert "(docs/security.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/security.md)" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
