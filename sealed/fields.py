"""Columns whose values are sealed: an application reads and looks for them as if they were not.

settings.SEAL_FIELDS says whether new values are sealed; both kinds are read and found always, so
that a database goes over from one to the other while it is used (docs/privacy.md). A row decrypts
a value when somebody asks for it, so that a list which shows no number pays for none. Migrations
see plain text and JSON, as the columns are, so that none of them needs a key.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models.expressions import BaseExpression, Col
from django.db.models.query_utils import DeferredAttribute

from sealed.keys import HASH_SIGNS, decrypt, encrypt, hash_of, is_encrypted
from sealed.lookups import EmptyJSON, SealedExact, SealedIn

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
    _Text = models.CharField[str, str]
    _Json = models.JSONField[Any, Any]
else:
    _Field, _Text, _Json = object, models.CharField, models.JSONField

LOOKUPS: dict[str, Any] = {"exact": SealedExact, "in": SealedIn, "isnull": models.lookups.IsNull}


class Kept(NamedTuple):
    """What a column keeps, in a row of which nobody has asked for it yet."""

    raw: str


class _Attribute(DeferredAttribute):
    """Decrypts a row's value when it is first asked for."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            return super().__get__(instance, cls)
        value = instance.__dict__[name]
        if type(value) is Kept:
            value = instance.__dict__[name] = self.field.opened(value.raw)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class _Column(Col):
    """A sealed column of a query: a row gets what is kept, everything else its value."""

    _is_of_rows = False

    def select_format(self, compiler: Any, sql: Any, params: Any) -> Any:
        """Note whether rows are read; it is asked while the statement is written."""
        query = compiler.query
        self._is_of_rows = bool(query.default_cols) and not any(
            self is one for one in query.annotation_select.values()
        )
        return super().select_format(compiler, sql, params)

    def get_db_converters(self, connection: Any) -> Any:
        """Return what makes of a column's value what is asked for."""
        field: Any = self.target
        return [field.kept] if self._is_of_rows else super().get_db_converters(connection)


class SealedField(_Field):
    """What text and JSON have in common."""

    descriptor_class = _Attribute
    mark_at = 1
    """At which sign of what is kept the mark of a sealed value stands."""
    is_always = False
    """Whether it is sealed whatever SEAL_FIELDS says: it never stood in clear."""

    def get_col(self, alias: Any, output_field: Any = None) -> Any:
        """Return the column in a query, each time another: it knows what it is read for."""
        return _Column(alias, self, output_field)

    @property
    def cached_col(self) -> Any:
        """Return the column in a query."""
        return _Column(self.model._meta.db_table, self)

    def get_transform(self, lookup_name: str) -> Any:  # noqa: ARG002
        """Return nothing: the database reads no part of it."""
        return None

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the value to write: as it is kept, if nobody has asked for it."""
        value = model_instance.__dict__.get(self.attname)
        if type(value) is Kept and self.is_sealed(value.raw) >= self.must_be_sealed():
            return value
        return super().pre_save(model_instance, add)

    def must_be_sealed(self) -> bool:
        """Return whether a value that is written now is sealed."""
        return self.is_always or settings.SEAL_FIELDS

    def is_sealed(self, raw: str) -> bool:
        """Return whether what is kept is sealed."""
        return is_encrypted(self.token_of(raw))

    def token_of(self, raw: str) -> str:
        """Return the part of what is kept that Fernet wrote, if it is sealed."""
        raise NotImplementedError

    def opened(self, raw: str) -> Any:
        """Return the value of what is kept. Raises KeyMissing."""
        raise NotImplementedError

    def kept(self, value: str | None, _expression: BaseExpression, _connection: Any) -> Any:
        """Return what is kept, for a row that opens it later."""
        return Kept(value) if value else value

    def from_db_value(
        self, value: str | None, _expression: BaseExpression, _connection: Any
    ) -> Any:
        """Return the value, where no row is read."""
        return self.opened(value) if value else value


class SealedText(SealedField, _Text):
    """A text that the database cannot read; an empty one stays empty, none none.

    With `is_found` its hash stands before it: then `exact` and `in` find it, by an index of
    Left(column, 32). Otherwise only whether there is any can be asked. `max_length` is of the
    value; the column is text.
    """

    def __init__(self, *args: Any, is_found: bool = False, **options: Any) -> None:
        """Take whether somebody is found by it."""
        self.is_found = is_found
        super().__init__(*args, **options)

    @property
    def mark_at(self) -> int:  # type: ignore[override]
        """At which sign of what is kept the mark of a sealed value stands."""
        return 1 + HASH_SIGNS * self.is_found

    @property
    def is_short(self) -> bool:
        """Whether each clear value is shorter than a hash."""
        return self.max_length is not None and self.max_length < HASH_SIGNS

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Return what a migration writes of it."""
        name, _, args, options = super().deconstruct()
        options.pop("max_length", None)
        return name, "django.db.models.TextField", args, options

    def clone(self) -> Any:
        """Return another like this one, which deconstruct does not tell of."""
        _, _, _, options = super().deconstruct()
        return type(self)(is_found=self.is_found, **options)

    def get_internal_type(self) -> str:
        """Return what the column is."""
        return "TextField"

    def get_lookup(self, lookup_name: str) -> Any:
        """Return how to look for it."""
        return LOOKUPS.get(lookup_name)

    def get_prep_value(self, value: Any) -> Any:
        """Return what the column keeps."""
        if type(value) is Kept:
            return value.raw
        if value is None or value == "":
            return value
        return self.closed(str(value))

    def closed(self, value: str) -> str:
        """Return a value as it is kept now; sealed also if it looks so, to be told apart."""
        if not self.must_be_sealed() and not self.is_sealed(value):
            return value
        return (hash_of(value) if self.is_found else "") + encrypt(value)

    def token_of(self, raw: str) -> str:
        """Return the part of what is kept that Fernet wrote, if it is sealed."""
        return raw[HASH_SIGNS:] if self.is_found else raw

    def opened(self, raw: str) -> str:
        """Return the value of what is kept. Raises KeyMissing."""
        token = self.token_of(raw)
        return decrypt(token) if is_encrypted(token) else raw


class EncryptedText(SealedText):
    """A text that was never kept in clear, whatever SEAL_FIELDS says."""

    is_always = True

    def get_lookup(self, lookup_name: str) -> Any:
        """Return how to look for it: only whether there is any."""
        return LOOKUPS["isnull"] if lookup_name == "isnull" else None


class SealedJSON(SealedField, _Json):
    """JSON that the database cannot read, in a column of JSON: one string. What is empty stays so.

    Nothing is found by it, but whether there is any.
    """

    mark_at = 2  # after the quotation mark

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Return what a migration writes of it."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, options

    def clone(self) -> Any:
        """Return another like this one."""
        _, _, args, options = super().deconstruct()
        return type(self)(*args, **options)

    def get_lookup(self, lookup_name: str) -> Any:
        """Return how to look for it: an empty one, or whether there is any."""
        return {**LOOKUPS, "exact": EmptyJSON, "in": None}.get(lookup_name)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return what the column keeps."""
        if type(value) is Kept:
            value = json.loads(value.raw)
        elif value and not hasattr(value, "as_sql"):
            value = self.closed(value)
        return super().get_db_prep_value(value, connection, prepared)

    def closed(self, value: Any) -> Any:
        """Return a value as it is kept now; sealed also if it looks so, to be told apart."""
        if not self.must_be_sealed() and not (isinstance(value, str) and is_encrypted(value)):
            return value
        return encrypt(json.dumps(value, cls=self.encoder))

    def token_of(self, raw: str) -> str:
        """Return the part of what is kept that Fernet wrote, if it is sealed."""
        return raw[1:-1]

    def opened(self, raw: str) -> Any:
        """Return the value of what is kept. Raises KeyMissing."""
        value = decrypt(self.token_of(raw)) if self.is_sealed(raw) else raw
        return json.loads(value, cls=self.decoder)
