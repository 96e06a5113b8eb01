"""All that is kept of one patient, for them to read (UK GDPR, article 15).

What holds something of them is found by following every key that leads to a patient, so that a new
table cannot be forgotten; what is left out is named here, with why.
"""

import re
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model, Q, QuerySet

from booking.identifiers.codes import format_code
from booking.messages.texts import subjects_of
from booking.models import Patient, Referral
from notifications.models import Inbound, Message
from notifications.opt_outs import has_opted_out, hash_of

NOT_THEIRS = {
    "booking.NameWord": "parts of the name, to find it by",
    "booking.Slot": "a time of a place; while it is held, whose says the referral’s appointment",
    "booking.CallerHold": "which clerk holds a time during a call",
    "booking.LostSlot": "a time that a feed lost",
    "booking.AppointmentChange": "a number by which trusts read on",
}
"""What a key leads to and is no personal data of its own, with why."""

OPENS = {"code"}
"""Fields that open a booking: a file that goes astray must not."""

LEFT_OUT = "(code)"
"""Stands in a text for a code that opens a booking."""

OF_A_TEXT = ("kind", "state", "planned_at", "accepted_at", "to", "body")
OF_A_REPLY = ("received_at", "number", "body", "outcome")


def holdings() -> dict[type[Model], list[str]]:
    """Return each model that holds something of a patient, with the paths from it to them."""
    found: dict[type[Model], list[str]] = {Patient: ["pk"]}
    reached: list[type[Model]] = [Patient]
    for of in reached:
        for model in apps.get_models():
            names = [
                field.name
                for field in model._meta.concrete_fields
                if isinstance(field, ForeignKey) and field.related_model is of
            ]
            if model not in found and model._meta.label not in NOT_THEIRS and names:
                found[model] = [f"{name}__{path}" for name in names for path in found[of]]
                reached.append(model)
    return found


def rows_of(model: type[Model], paths: list[str], records: list[Patient]) -> QuerySet[Any]:
    """Return the rows of a model that are about these records."""
    keys = [one.pk for one in records]
    about = Q()
    for path in paths:
        about |= Q(**{f"{path}__in": keys})
    return model._default_manager.filter(about).order_by("pk").distinct()


def collect(patient: Patient) -> dict[str, Any]:
    """Return all that is kept of somebody, by what it is: rows as fields and values."""
    records = patient.records
    kept = {
        str(model._meta.verbose_name): [_fields(one) for one in rows_of(model, paths, records)]
        for model, paths in holdings().items()
    }
    return {**kept, **_texts(records)}


def texts_of(records: list[Patient]) -> QuerySet[Message]:
    """Return the texts about these records."""
    referrals = Referral.objects.filter(patient__in=records)
    return Message.objects.filter(subject__in=list(subjects_of(referrals))).order_by("created_at")


def replies_of(records: list[Patient]) -> QuerySet[Inbound]:
    """Return the texts that came from the mobiles of these records, and of nobody else's too.

    Of a phone that two people share nobody knows who wrote.
    """
    own = {one.pk for one in records}
    numbers = {one.mobile for one in records if one.mobile}
    alone = [one for one in numbers if {key for (key,) in Patient.with_mobile(one)} <= own]
    return Inbound.objects.filter(number_hash__in=[hash_of(one) for one in alone]).order_by(
        "received_at"
    )


def _texts(records: list[Patient]) -> dict[str, Any]:
    numbers = {one.mobile for one in records if one.mobile}
    codes = list(Referral.objects.filter(patient__in=records).values_list("code", flat=True))
    opens = re.compile("|".join(map(re.escape, [*codes, *map(format_code, codes)])) or "(?!)")
    texts = list(texts_of(records).values(*OF_A_TEXT))
    return {
        "texts": [{**one, "body": opens.sub(LEFT_OUT, one["body"])} for one in texts],
        "replies": list(replies_of(records).values(*OF_A_REPLY)),
        "wants no texts": any(has_opted_out(hash_of(one)) for one in numbers),
    }


def _fields(row: Model) -> dict[str, Any]:
    """Return a row as names and values; what a key leads to by its name, if it has one."""
    values = {}
    for field in row._meta.concrete_fields:
        if field.name in OPENS:
            continue
        value = getattr(row, field.attname)
        if isinstance(field, ForeignKey) and value is not None and field.related_model in _named():
            value = getattr(row, field.name).name
        values[field.name] = value
    return values


def _named() -> list[Any]:
    """Return the models whose rows have a name that anybody may read."""
    return [apps.get_model(label) for label in ("booking.Exam", "sites.Trust", "sites.Site")]
