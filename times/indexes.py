"""Indexes that are built while everybody goes on writing, on the database that can."""

from django.contrib.postgres.operations import AddIndexConcurrently as OfPostgreSQL
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState
from django.db.models import UniqueConstraint


class AddIndexConcurrently(OfPostgreSQL):
    """Add an index: CONCURRENTLY on PostgreSQL, where the migration needs `atomic = False`.

    SQLite has no such thing, and one writer at a time in any case.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Build it."""
        how = _how(schema_editor)
        how.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Take it away."""
        how = _how(schema_editor)
        how.database_backwards(self, app_label, schema_editor, from_state, to_state)


def _how(schema_editor: BaseDatabaseSchemaEditor) -> type[migrations.AddIndex]:
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    return OfPostgreSQL if is_postgresql else migrations.AddIndex


class AddUniqueConcurrently(migrations.AddConstraint):
    """Add a unique constraint of an expression: as the index is, which it is made of."""

    constraint: UniqueConstraint

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Build it."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif self.allow_migrate_model(schema_editor.connection.alias, model):
            built = str(self.constraint.create_sql(model, schema_editor))
            concurrently = "CREATE UNIQUE INDEX CONCURRENTLY"
            schema_editor.execute(built.replace("CREATE UNIQUE INDEX", concurrently, 1))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Take it away."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            name = schema_editor.quote_name(self.constraint.name)
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
