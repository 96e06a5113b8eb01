"""docs/dependencies.md names what the requirements name, as they pin it, and nothing else."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FILES = ("base", "dev", "postcodes", "engines", "timetable", "tracing", "load")
VENDORED = "nhsuk-frontend"
"""Has a row, and no requirement: its files are in static/vendor."""
FOR_DEVELOPERS = {"osmium"}
"""What a command of the product imports that only developers run."""


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def named_in(file):
    text = (ROOT / "requirements" / f"{file}.in").read_text(encoding="utf-8")
    return {normal(name) for name in re.findall(r"^[A-Za-z][\w.-]*", text, re.MULTILINE)}


def pinned():
    """Return the versions of each library, whichever Python they are for."""
    versions = {}
    for file in FILES:
        text = (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8")
        for name, version in re.findall(
            r"^([\w.-]+)(?:\[[^]]*\])?==(\d+(?:\.\d+)*)", text, re.MULTILINE
        ):
            versions.setdefault(normal(name), set()).add(version)
    return versions


def tables():
    """Return the page's tables: of each row the libraries and the cell that follows."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    found = []
    for table in re.findall(r"^\| library .*\n\|[-|]+\n((?:\|.*\n)+)", page, re.MULTILINE):
        cells = [line.split("|")[1:-1] for line in table.splitlines()]
        found.append([([normal(n.strip()) for n in row[0].split(",")], row[1]) for row in cells])
    return found


@pytest.mark.parametrize(
    ("table", "files"),
    [
        (0, ["base", "postcodes"]),
        (1, ["dev"]),
        (2, ["engines"]),
        (3, ["timetable"]),
        (4, ["tracing"]),
        (5, ["load"]),
    ],
)
def test_every_library_has_one_row_and_every_row_is_a_library(table, files):
    rows = [name for names, _ in tables()[table] for name in names if name != VENDORED]
    required = set().union(*map(named_in, files))

    assert len(rows) == len(set(rows))
    assert set(rows) == required


@pytest.mark.parametrize("table", [0, 2, 3, 4])
def test_the_versions_are_those_that_are_pinned(table):
    untrue = []
    for names, cell in tables()[table]:
        said = re.findall(r"\d+(?:\.\d+)*", cell)
        versions = set().union(*(pinned()[name] for name in names if name != VENDORED))
        if VENDORED in names:
            script = (ROOT / "tools" / "vendor_nhsuk.sh").read_text(encoding="utf-8")
            versions = {re.search(r"^version=\$\{1:-([\d.]+)\}", script, re.MULTILINE)[1]}
        stale = [n for n in said if not any(f"{v}.".startswith(f"{n}.") for v in versions)]
        left_out = [v for v in versions if not any(f"{v}.".startswith(f"{n}.") for n in said)]
        if stale or left_out:
            untrue.append((names, stale, left_out))
    assert untrue == []


def test_what_the_product_imports_is_named_and_not_brought_by_another():
    owners, own = (
        packages_distributions(),
        {"booking", "config", "insights", "notifications", "received", "sealed", "sites", "times"},
    )
    imported = set()
    for file in (path for room in own for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module).partition(".")[0])
    foreign = imported - own - set(sys.stdlib_module_names)
    allowed = named_in("base") | named_in("tracing") | FOR_DEVELOPERS

    unnamed = {m for m in foreign if not {normal(o) for o in owners.get(m, [m])} & allowed}
    assert len(foreign) > 20
    assert unnamed == set()


@pytest.mark.parametrize("file", FILES)
def test_what_is_named_is_pinned_and_no_index_is(file):
    text = (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8")
    pins = {normal(name) for name in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==", text, re.MULTILINE)}
    fixed = len(re.findall(r"^    --hash=", text, re.MULTILINE))

    assert named_in(file) - pins == set()
    assert fixed >= len(pins) > 0
    assert not re.search(
        r"https?://|^-[if]|index|find-links",
        re.sub(r"#.*|^[\w.-]+==.*", "", text, flags=re.MULTILINE),
    )
