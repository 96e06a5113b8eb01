"""README's table of settings names what the settings read, and nothing else."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READERS = (
    "environ\\.get|hours_by_day|whole_numbers?|numbers_by_name|flag|comma_list|one_of|own_server"
    "|networks"
    "|field_keys|own_file"
)
READ = rf"(?:{READERS})\(\s*\"([A-Z][A-Z0-9_]+)\""
SETTINGS = ("settings.py", "beat.py", "broker.py", "database.py", "tracing.py")
OF_THE_TOOLS = {"TEST_DATABASE_URL", "TEST_BROKER_URL", "TEST_AMQP_URL", "CHROMIUM"}
"""What only `make test` and `make screens` read."""


def test_every_setting_has_a_row_and_every_row_is_a_setting():
    files = [(ROOT / "config" / name).read_text(encoding="utf-8") for name in SETTINGS]
    read = {name for words in files for name in re.findall(READ, words)}
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## Settings")[1]
    rows = re.findall(r"^\|([^|]*`[^|]*)\|", table.split("\n## ")[0], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}

    assert len(read) > 30
    assert read - named == set()
    assert named - read == OF_THE_TOOLS


def test_every_page_of_the_docs_is_named_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    pages |= {page.name for page in ROOT.glob("*.md")} - {"README.md"}
    pages |= {"LICENSE", "docs/decisions/README.md"}

    assert {page for page in pages if f"({page})" not in readme} == set()


def test_every_path_and_picture_that_the_readme_names_is_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\(([\w./-]+)\)", readme)
    code = re.findall(r"`((?:booking|sites|notifications|config|tools)/[\w./]+)`", readme)

    assert len(pictures) > 3
    assert [path for path in [*pictures, *code] if not (ROOT / path).exists()] == []


def test_the_tree_names_the_rooms_that_there_are():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = re.search(r"```\n(config/ .*?)```", readme, re.DOTALL)[1]
    rooms = {path.parent.name for path in (ROOT / "booking").glob("*/__init__.py")}
    inside = re.findall(r"^  ((?:\w+/ ?)+)", tree, re.MULTILINE)

    named = {room for line in inside for room in re.findall(r"(\w+)/", line)}
    assert named | {"demo", "migrations"} == rooms
