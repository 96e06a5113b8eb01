"""What is looked at before the service starts: that this SQLite can find names by their letters."""

import sqlite3
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def sqlite_has_trigrams(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Say so if the database is an SQLite without FTS5 and its trigrams (3.34, December 2020)."""
    if "sqlite" not in settings.DATABASES["default"]["ENGINE"] or _has_trigrams():
        return []
    return [
        Error(
            f"This Python’s SQLite {sqlite3.sqlite_version} has no FTS5 with trigrams,"
            " by which callers are found.",
            hint="Use SQLite 3.34 or newer, built with FTS5; or PostgreSQL.",
            id="booking.E001",
        )
    ]


def _has_trigrams() -> bool:
    with closing(sqlite3.connect(":memory:")) as memory:
        try:
            memory.execute("CREATE VIRTUAL TABLE grams USING fts5(word, tokenize = 'trigram')")
        except sqlite3.OperationalError:
            return False
    return True
