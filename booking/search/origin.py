"""Where somebody travels from: asked on a form, and kept in their session, never in an address."""

from collections.abc import MutableMapping
from dataclasses import astuple, replace
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from booking.models import Patient
from booking.pages.fields import RadiosField, SelectField, TextField
from sites import origins, postcodes
from sites.postcodes import Origin
from sites.ways import WAYS, Way
from times.together import Part, read

KEPT = "origins"
OWN = "own"
"""The key of who sits at the browser; a clerk's session has one for each patient beside it."""
NAMED = "places_named"
"""Places that the caller of each patient named, the latest first."""
MOST_NAMED = 3
LONGEST = 80
SEVERAL = "several"
"""The code of the error that a name is of several places."""


class Remembered(NamedTuple):
    """A place that somebody may travel from, one press away, by its name: a postcode or a town.
    The patient's home, or one that the caller named before."""

    name: str
    is_home: bool


class OriginField(TextField):
    """A postcode, a part of one, or a town; its value is the origin."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what a text takes."""
        super().__init__(*args, **{"longest": LONGEST, "spellcheck": False, **options})

    def clean(self, value: Any) -> Origin:
        """Return where that is. Raises ValidationError with what to type instead."""
        try:
            return origins.find(self.to_python(value))
        except origins.SeveralPlaces as error:
            raise ValidationError(error.message, code=SEVERAL) from None
        except origins.OriginError as error:
            raise ValidationError(error.message) from None


def way_field(
    field_class: type[RadiosField | SelectField] = RadiosField, **options: Any
) -> RadiosField | SelectField:
    """Return the field of how somebody travels, labelled for a page."""
    return field_class(choices=[(str(way), words) for way, words in WAYS.items()], **options)


def keep_origin(
    session: MutableMapping[str, Any], origin: Origin, patient_id: int | None = None
) -> None:
    """Remember where somebody travels from: who sits at the browser, or a clerk's patient.

    How they travel stays as they said before, unless the origin says it anew.
    """
    before = kept_origin(session, patient_id)
    if before and not origin.way:
        origin = replace(origin, way=before.way)
    kept = list(astuple(origin))
    session[KEPT] = {**session.get(KEPT, {}), str(patient_id or OWN): kept}


def kept_origin(session: MutableMapping[str, Any], patient_id: int | None = None) -> Origin | None:
    """Return where somebody travels from, None before they said."""
    kept = session.get(KEPT, {}).get(str(patient_id or OWN))
    return Origin(*kept) if kept else None


def name_place(session: MutableMapping[str, Any], origin: Origin, patient_id: int) -> None:
    """Remember a place that a clerk's caller named, so that it need not be typed again."""
    named = [_place_of(origin)]
    named += [one for one in session.get(NAMED, {}).get(str(patient_id), []) if one != named[0]]
    session[NAMED] = {**session.get(NAMED, {}), str(patient_id): named[:MOST_NAMED]}


def remembered(session: MutableMapping[str, Any], patient: Patient) -> list[Remembered]:
    """Return the patient's home, if it is known, and the places that their caller named."""
    home = [Remembered(patient.postcode, is_home=True)] if patient.postcode else []
    named = [Origin(*one).postcode for one in session.get(NAMED, {}).get(str(patient.pk), [])]
    return home + [Remembered(one, is_home=False) for one in named if one != patient.postcode]


def recall(session: MutableMapping[str, Any], patient: Patient, name: str) -> Origin | None:
    """Return where a remembered place is, None if it is not remembered, or not in or near the
    region."""
    named = [Origin(*one) for one in session.get(NAMED, {}).get(str(patient.pk), [])]
    found = next((one for one in named if one.postcode == name), None)
    return found or (home_of(patient) if name == patient.postcode else None)


def _place_of(origin: Origin) -> list[Any]:
    """Return where an origin is, without how somebody travels from there."""
    return list(astuple(replace(origin, way="", typed="")))


def way_of(origin: Origin | None) -> str:
    """Return how somebody travels, by car before they said."""
    return origin.way if origin and origin.way else Way.CAR


def home_of(patient: Patient) -> Origin | None:
    """Return where a patient lives, None if that is not known, or not in or near the region."""
    return read(home(patient))


def home(patient: Patient) -> Part[Origin | None]:
    """Read what home_of returns; a step of its own only for a postcode as nobody writes one."""
    found = yield from postcodes.whole(patient.postcode)
    if found:
        return found
    try:
        return postcodes.find(patient.postcode) if patient.postcode else None
    except postcodes.PostcodeError:
        return None
