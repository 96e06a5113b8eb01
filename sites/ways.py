"""How somebody travels: asked once, and kept with where they travel from."""

from enum import StrEnum


class Way(StrEnum):
    """A way to travel. Hospital transport comes by road: its minutes are a car's."""

    CAR = "car"
    PUBLIC = "public"
    HOSPITAL = "hospital"


WAYS = {
    Way.CAR: "By car, or somebody gives me a lift",
    Way.PUBLIC: "By bus, train or on foot",
    Way.HOSPITAL: "By transport that the hospital arranges",
}
"""Words on pages."""
