"""Every file, function, command and setting that a page names is there."""

import ast
import importlib
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands, load_command_class

ROOT = Path(settings.BASE_DIR)
PAGES = sorted(
    str(page.relative_to(ROOT)) for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
)
TOP = (
    "benchmarks|booking|config|deploy|docs|insights|locale|notifications|requirements|sealed|sites|static"
    "|templates|tests|tools"
)
FILE = re.compile(rf"((?:{TOP})/[\w./*$<>-]*|[\w.-]+\.(?:py|toml|yml|md|sh|mmd))(?:: ([\w.]+))?")
DOTTED = re.compile(r"((?:booking|config|insights|notifications|sites)(?:\.[A-Za-z_]\w*)+)")
COMMAND = re.compile(r"manage\.py (?:-{1,2}\w+ )*([a-z][a-z0-9_]*)((?: [^`|;&#\n]*)?)")
FOR_DEVELOPERS = r"architecture|decisions|glossary|locking|slot-to-text|CONTRIBUTING"
"""Elsewhere `Slot.status` is FHIR's, not a column's."""
SETTING = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=\S*)?")


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def quoted(page):
    """Return what stands between backticks in a page's sentences and tables."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text_of(page), flags=re.M | re.S))


@cache
def names_in(path):
    """Return the names that a Python file has: functions, classes, methods, constants."""
    found = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{own.name}" for own in node.body if hasattr(own, "name")}
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def fault_of(path, name):
    """Return what is wrong with "path" or "path: name" as a page has it, empty if nothing is."""
    there = [*ROOT.glob(path)] if "*" in path else [ROOT / path]
    if not there or not there[0].exists():
        return f"{path} is not there"
    if name and name not in names_in(path):
        return f"{path} has no {name}"
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_function_that_a_page_names_is_there(page):
    named = [match.groups() for text in quoted(page) if (match := FILE.fullmatch(text))]

    faults = [fault_of(path, name) for path, name in named if "<" not in path]
    assert [fault for fault in faults if fault] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_dotted_name_that_a_page_has_can_be_imported(page):
    for name in {match[1] for text in quoted(page) if (match := DOTTED.fullmatch(text))}:
        module, _, last = name.rpartition(".")
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            assert hasattr(importlib.import_module(module), last), name


@pytest.mark.parametrize("page", [page for page in PAGES if re.search(FOR_DEVELOPERS, page)])
def test_every_column_that_a_page_for_developers_names_is_there(page):
    tables = {model.__name__: model for model in apps.get_models()}

    for text in quoted(page):
        table, _, column = text.partition(".")
        if table in tables and column.isidentifier():
            assert hasattr(tables[table], column), text


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))

    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_is_there_with_its_options(page):
    for name, rest in COMMAND.findall(text_of(page)):
        assert name in get_commands(), f"manage.py {name}"
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) - known == set(), f"manage.py {name}"


@pytest.mark.parametrize("page", PAGES)
def test_every_make_that_a_page_names_is_a_target(page):
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text_of(page), re.MULTILINE)) - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_a_page_names_is_one(page):
    sources = [
        path for folder in ("config", "tools", "tests") for path in (ROOT / folder).rglob("*.py")
    ]
    read = set(re.findall(r"\"([A-Z][A-Z0-9_]+)\"", "".join(map(Path.read_text, sources))))
    named = {match[1] for text in quoted(page) if (match := SETTING.fullmatch(text))}

    assert named - read == set()


def test_the_rooms_of_the_architecture_are_the_folders():
    page = text_of("docs/architecture.md")
    rows = re.findall(r"^\| `([a-z.]+)` \|", page, re.MULTILINE)
    booking = (ROOT / "booking").glob("*/__init__.py")
    folders = {f"booking.{path.parent.name}" for path in booking} - {"booking.migrations"}

    assert sorted(rows) == sorted(
        {"config", "insights", "sites", "notifications", "times", "received", "sealed"} | folders
    )


def test_who_imports_whom_is_said_in_the_words_of_the_contract():
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = ["\n".join(one["layers"]) for one in contracts if one["type"] == "layers"]
    said = text_of("docs/architecture.md").split("## Who imports whom")[1].split("\n## ")[0]

    assert re.findall(r"^```\n(.*?)\n```$", said, re.MULTILINE | re.DOTALL) == layers


def test_the_picture_has_every_room_in_the_order_of_the_contract():
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    inside = next(one for one in contracts if one.get("containers") == ["booking"])
    rooms = [room for layer in inside["layers"] for room in layer.split(" | ")]
    picture = re.search(r"```mermaid\n(.*?)```", text_of("docs/architecture.md"), re.DOTALL)[1]
    drawn = [word for box in re.findall(r'\["([^"]+)"\]', picture) for word in box.split()]
    words = [word.strip(",:") for word in drawn]

    assert [word for word in words if word in rooms] == rooms


def test_each_decision_is_short_has_its_three_parts_and_stands_in_the_table():
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(r"^\| \[[^\]]*\]\(([^)]+)\)", text_of("docs/decisions/README.md"), re.M)

    assert len(pages) >= 10
    assert listed == pages
    for name in pages:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        heads = [line for line in lines if line.startswith("#")]
        assert len(lines) <= 25, name
        assert heads[0].startswith(f"# {int(name[:2])}. "), name
        assert heads[1:] == ["## Context", "## Decision", "## Consequences"], name
