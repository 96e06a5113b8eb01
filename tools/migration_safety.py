"""Whether migrations that have not landed are safe while the release before them still runs.

An upgrade migrates first; old processes go on reading and writing until they are replaced. So a new
migration may add what they need not know of, and take nothing away, tighten nothing, and hold no
lock for long. RULES says what is refused, and why. Where that is right all the same (a column that
no code of the release before names any more), the migration says so itself:

    SAFE = {"RemoveField patient.fax": "no code of the release before reads or writes it"}
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import migrations, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Field
from django.db.models.expressions import Value
from django.db.models.functions import Now

RULES = {
    "RenameModel": "old code asks for the old name: add a table, fill it, change over, remove",
    "RenameField": "old code asks for the old name: add a column, fill it, change over, remove",
    "DeleteModel": "old code still asks for it: take it out of the code a release earlier",
    "RemoveField": "old code still names it in each query: take it out of the code a release"
    " earlier (SeparateDatabaseAndState)",
    "AlterModelTable": "old code asks for the old name",
    "AddField": "old code writes rows without it: give it null=True or a db_default",
    "AddField default": "its database default is worked out anew for each row, which writes the"
    " whole table while nobody can use it",
    "AddField unique": "its index is built while nobody can write: add the column, fill it, then"
    " the index",
    "AlterField type": "the table is written anew while nobody can use it, and old code writes the"
    " old type: add a column instead",
    "AlterField null": "old code still writes nothing there",
    "AlterField unique": "its index is built while nobody can write, and old code may write"
    " doubles",
    "AddIndex": "it is built while nobody can write, on a table that grows without end",
    "AddConstraint": "every row is looked at while nobody can write, and old code may break it",
    "AlterUniqueTogether": "every row is looked at while nobody can write",
    "RunPython": "going back is not said: give it reverse_code",
    "RunSQL": "it takes away, renames, tightens or locks what old code uses",
}
GROWS = {
    "slot", "appointment", "referral", "patient", "message", "event", "inbound", "auditentry",
    "auditlink", "nameword", "appointmentchange", "worklistrow", "worklistevent",
}  # fmt: skip
"""Tables of hundreds of thousands of rows and more: an index there takes seconds to build."""
UNSAFE_SQL = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN)|RENAME|TRUNCATE|LOCK\s+TABLE|SET\s+NOT\s+NULL"
    r"|ALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE"
    r"|CREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY))",
    re.IGNORECASE,
)
LONG_ENOUGH = 20
"""Characters of a reason that says something."""


def faults(migration: Migration, before: ProjectState) -> list[str]:
    """Return what of a migration is not safe, `before` being the models before it.

    What it says itself to be safe is left out, if that is so named and has a reason.
    """
    module = sys.modules.get(type(migration).__module__)
    safe: dict[str, str] = getattr(module, "SAFE", {})
    found, state = [], before.clone()
    for rule, about in _walk(migration.operations, migration.app_label, state):
        if len(safe.get(about, "")) < LONG_ENOUGH:
            found.append(f"{migration.app_label}.{migration.name}: {about}: {RULES[rule]}")
    return found


def _walk(
    operations: Iterable[Operation], app: str, state: ProjectState
) -> Iterator[tuple[str, str]]:
    """Yield each rule that is broken, and by what; `state` follows the operations."""
    made: set[str] = set()
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            database = list(operation.database_operations)
            yield from _walk(database, app, state.clone())
            operation.state_forwards(app, state)
            continue
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name.lower())
        table = str(getattr(operation, "model_name", "") or getattr(operation, "name", "") or "")
        if table.lower() not in made:
            kind = type(operation).__name__.removesuffix("Concurrently")
            is_concurrent = kind != type(operation).__name__
            for rule in () if is_concurrent else _broken(kind, operation, app, state):
                yield rule, _about(operation, kind)
        operation.state_forwards(app, state)


def _about(operation: Any, kind: str) -> str:
    """Return how a migration names an operation in SAFE: `AddIndex slot.by_day`."""
    model = str(getattr(operation, "model_name", "") or getattr(operation, "old_name", "")).lower()
    within = getattr(operation, "index", None) or getattr(operation, "constraint", None)
    name = within.name if within else str(getattr(operation, "name", "") or "")
    return f"{kind} {'.'.join(word for word in (model, name) if word)}".strip()


def _broken(kind: str, operation: Any, app: str, state: ProjectState) -> list[str]:
    asks = ASKS.get(kind)
    if asks:
        return asks(operation, app, state)
    return [kind] if kind in RULES else []


def _add_field(operation: Any, *_: Any) -> list[str]:
    field: Field[Any, Any] = operation.field
    if isinstance(field, models.ManyToManyField):
        return []
    default = getattr(field, "db_default", models.NOT_PROVIDED)
    found = []
    if default is models.NOT_PROVIDED and not field.null:
        found.append("AddField")
    if _is_worked_out(default):
        found.append("AddField default")
    if field.unique:
        found.append("AddField unique")
    return found


def _is_worked_out(default: Any) -> bool:
    return hasattr(default, "resolve_expression") and not isinstance(default, Value | Now)


def _alter_field(operation: Any, app: str, state: ProjectState) -> list[str]:
    old = state.models[app, operation.model_name.lower()].fields[operation.name]
    new, found = operation.field, []
    if not _is_same_or_wider(_type_of(old), _type_of(new)):
        found.append("AlterField type")
    if old.null and not new.null:
        found.append("AlterField null")
    if new.unique and not old.unique:
        found.append("AlterField unique")
    return found


def _type_of(field: Any) -> str:
    """Return the column's type in PostgreSQL, which is asked nothing."""
    if field.is_relation:
        return "a key"
    connection: BaseDatabaseWrapper = DatabaseWrapper({}, "no database")
    return str(field.db_type(connection))


def _is_same_or_wider(old: str, new: str) -> bool:
    """Return whether PostgreSQL changes one type to another without writing the table anew."""
    if old == new:
        return True
    lengths = [re.fullmatch(r"varchar\((\d+)\)", one) for one in (old, new)]
    if lengths[0] and new in ("text", "varchar"):
        return True
    return bool(lengths[0] and lengths[1] and int(lengths[0][1]) <= int(lengths[1][1]))


def _add_index(operation: Any, *_: Any) -> list[str]:
    return ["AddIndex"] if operation.model_name.lower() in GROWS else []


def _run_python(operation: Any, *_: Any) -> list[str]:
    return [] if operation.reversible else ["RunPython"]


def _run_sql(operation: Any, *_: Any) -> list[str]:
    return ["RunSQL"] if UNSAFE_SQL.search(str(operation.sql)) else []


ASKS: dict[str, Callable[[Any, str, ProjectState], list[str]]] = {
    "AddField": _add_field,
    "AlterField": _alter_field,
    "AddIndex": _add_index,
    "RunPython": _run_python,
    "RunSQL": _run_sql,
}


def new_migrations() -> Iterator[tuple[Migration, ProjectState]]:
    """Yield each migration of ours that has not landed, and the models before it."""
    from django.db.migrations.loader import MigrationLoader

    from tests.frozen_migrations import FROZEN

    loader = MigrationLoader(None)
    ours = {Path(name).parts[0] for name in FROZEN}
    for key in sorted(key for key in loader.graph.nodes if key[0] in ours):
        app, name = key
        if f"{app}/migrations/{name}.py" not in FROZEN:
            yield loader.graph.nodes[key], loader.project_state(key, at_end=False)


def main() -> int:
    """Print what is not safe of each new migration; 1 if anything is."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    django.setup()
    new = list(new_migrations())
    wrong = [fault for migration, before in new for fault in faults(migration, before)]
    print(f"{len(new)} new migrations")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
