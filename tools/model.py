"""`make model`: the tables and what points to what, as docs/model.mmd (a Mermaid picture)."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db.models import Field, ForeignKey, ManyToManyField, Model, OneToOneField

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "model.mmd"
APPS = ("sites", "booking", "notifications", "insights")
HEAD = """\
%% Made by `make model` from the models themselves. Do not edit: a test compares it.
erDiagram"""


def picture() -> str:
    """Return every table of ours, its columns, and an arrow for each reference, as Mermaid."""
    models = [model for name in APPS for model in apps.get_app_config(name).get_models()]
    lines = [HEAD]
    for model in models:
        lines += _table(model)
    for model in models:
        lines += _references(model)
    return "\n".join(lines) + "\n"


def _table(model: type[Model]) -> Iterator[str]:
    yield f"    {model.__name__} {{"
    for field in model._meta.concrete_fields:
        kind = field.get_internal_type().removesuffix("Field")
        marks = [*(["PK"] if field.primary_key else []), *(["FK"] if field.is_relation else [])]
        yield f"        {kind} {field.attname} {', '.join(marks)}".rstrip()
    yield "    }"


def _references(model: type[Model]) -> Iterator[str]:
    own: list[Field[Any, Any]] = [*model._meta.fields, *model._meta.many_to_many]
    for field in own:
        if isinstance(field, ManyToManyField):
            ends = "}o--o{"
        elif isinstance(field, OneToOneField):
            ends = "|o--||"
        elif isinstance(field, ForeignKey):
            ends = "}o--o|" if field.null else "}o--||"
        else:
            continue
        target = field.related_model
        name = target if isinstance(target, str) else target.__name__
        yield f"    {model.__name__} {ends} {name} : {field.name}"


def main() -> None:
    """Write the picture."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.path.insert(0, str(ROOT))
    django.setup()
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"Written: {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
