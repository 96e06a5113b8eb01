"""An index of the three letters in a row of each word of a name: pg_trgm, or SQLite's FTS5.

SQLite's is a table of its own, which triggers on the words keep in step; it holds no text itself
and finds the words by their key.
"""

from django.db import DatabaseError, migrations, transaction

SQLITE = [
    """
CREATE VIRTUAL TABLE booking_nameword_grams USING fts5(
    word, content = 'booking_nameword', content_rowid = 'id', tokenize = 'trigram'
)
""",
    "INSERT INTO booking_nameword_grams (booking_nameword_grams) VALUES ('rebuild')",
    """
CREATE TRIGGER nameword_grams_insert AFTER INSERT ON booking_nameword BEGIN
    INSERT INTO booking_nameword_grams (rowid, word) VALUES (new.id, new.word);
END
""",
    """
CREATE TRIGGER nameword_grams_delete AFTER DELETE ON booking_nameword BEGIN
    INSERT INTO booking_nameword_grams (booking_nameword_grams, rowid, word)
    VALUES ('delete', old.id, old.word);
END
""",
    """
CREATE TRIGGER nameword_grams_update AFTER UPDATE ON booking_nameword BEGIN
    INSERT INTO booking_nameword_grams (booking_nameword_grams, rowid, word)
    VALUES ('delete', old.id, old.word);
    INSERT INTO booking_nameword_grams (rowid, word) VALUES (new.id, new.word);
END
""",
]
NO_TRIGRAMS = "This SQLite has no FTS5 with trigrams: use 3.34 or newer, built with FTS5"
NO_EXTENSION = (
    "The database needs PostgreSQL's own extension pg_trgm, and this user may not add it. Let an"
    " administrator run in this database: CREATE EXTENSION pg_trgm; then migrate again"
)


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for statement in SQLITE:
            _execute(schema_editor, statement, NO_TRIGRAMS)
        return
    _execute(schema_editor, "CREATE EXTENSION IF NOT EXISTS pg_trgm", NO_EXTENSION)
    schema_editor.execute(
        "CREATE INDEX name_word_grams ON booking_nameword USING gin (word gin_trgm_ops)"
    )


def _execute(schema_editor, statement, what_to_do):
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute(statement)
    except DatabaseError as error:
        raise DatabaseError(f"{what_to_do} ({error})") from error


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for verb in ("insert", "delete", "update"):
            schema_editor.execute(f"DROP TRIGGER nameword_grams_{verb}")
        schema_editor.execute("DROP TABLE booking_nameword_grams")
    else:
        schema_editor.execute("DROP INDEX name_word_grams")


class Migration(migrations.Migration):
    dependencies = [("booking", "0019_fill_name_words")]

    operations = [migrations.RunPython(add, remove)]
