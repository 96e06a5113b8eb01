"""The design's table, by hand: who is asked each question, and what follows from each answer.

A change of the file's outcomes or of whom it asks fails here first. Columns: modalities, dyes,
ages (whole years), what comes before, and the outcomes of yes, no and "I don't know".
"""

from typing import NamedTuple

EVERY = {"CT", "MR", "DX", "BMD", "NM", "US"}
ANY_DYE = {"", "iodinated", "gadolinium"}
DYES = {"iodinated", "gadolinium"}
ALL_AGES = (0, 200)
WOMB = (12, 55)


class Row(NamedTuple):
    """One question."""

    modalities: set[str]
    contrasts: set[str]
    ages: tuple[int, int]
    after: tuple[str, set[str]] | None
    yes: str
    no: str
    dont_know: str


TABLE = {
    # A stop: nobody books by themselves.
    "pacemaker": Row({"MR"}, ANY_DYE, ALL_AGES, None, "stop", "ok", "stop"),
    "neurostimulator": Row({"MR"}, ANY_DYE, ALL_AGES, None, "stop", "ok", "stop"),
    "cochlear_implant": Row({"MR"}, ANY_DYE, ALL_AGES, None, "stop", "ok", "stop"),
    "aneurysm_clip": Row({"MR"}, ANY_DYE, ALL_AGES, None, "stop", "ok", "stop"),
    "pump": Row({"MR"}, ANY_DYE, ALL_AGES, None, "stop", "ok", "stop"),
    "metal_eye": Row({"MR"}, ANY_DYE, ALL_AGES, None, "tell", "ok", "stop"),
    "metal_eye_cleared": Row(
        {"MR"}, ANY_DYE, ALL_AGES, ("metal_eye", {"yes"}), "tell", "stop", "stop"
    ),
    "pregnant": Row({"CT", "DX", "NM", "BMD"}, ANY_DYE, WOMB, None, "stop", "ok", "stop"),
    "pregnant_dye": Row({"MR"}, {"gadolinium"}, WOMB, None, "stop", "ok", "stop"),
    "breast_feeding": Row({"NM"}, ANY_DYE, WOMB, None, "stop", "ok", "stop"),
    "dialysis": Row(EVERY, DYES, ALL_AGES, None, "stop", "ok", "stop"),
    "dye_reaction": Row(EVERY, DYES, ALL_AGES, None, "stop", "ok", "stop"),
    "sedation": Row({"MR", "CT", "NM"}, ANY_DYE, ALL_AGES, None, "stop", "ok", "stop"),
    "with_adult": Row(EVERY, ANY_DYE, (0, 15), None, "ok", "stop", "stop"),
    # A hold: booked, and checked before the day.
    "other_implant": Row({"MR"}, ANY_DYE, ALL_AGES, None, "hold", "ok", "hold"),
    "operation": Row({"MR"}, ANY_DYE, ALL_AGES, None, "hold", "ok", "hold"),
    "kidneys_diabetes": Row(EVERY, {"iodinated"}, ALL_AGES, None, "tell", "ok", "hold"),
    "kidney_test": Row(
        EVERY, {"iodinated"}, ALL_AGES, ("kidneys_diabetes", {"yes"}), "tell", "hold", "hold"
    ),
    "metformin": Row(EVERY, {"iodinated"}, ALL_AGES, None, "hold", "ok", "hold"),
    "barium": Row({"BMD"}, ANY_DYE, ALL_AGES, None, "hold", "ok", "hold"),
    # A filter: only places that can.
    "heavy": Row(EVERY - {"US"}, ANY_DYE, ALL_AGES, None, "tell", "ok", "hold"),
    "weight": Row(EVERY - {"US"}, ANY_DYE, ALL_AGES, ("heavy", {"yes"}), "filter", "", "stop"),
    "wide": Row({"MR", "CT", "NM"}, ANY_DYE, ALL_AGES, None, "filter", "ok", "tell"),
    "step_free": Row(EVERY, ANY_DYE, ALL_AGES, None, "filter", "ok", "tell"),
    "hoist": Row(
        EVERY, ANY_DYE, ALL_AGES, ("transfer", {"yes", "dont_know"}), "filter", "ok", "hold"
    ),
    # To tell the staff at the scan.
    "small_spaces": Row({"MR", "CT", "NM"}, ANY_DYE, ALL_AGES, None, "tell", "ok", "tell"),
    "needles": Row(EVERY, DYES, ALL_AGES, None, "tell", "ok", "tell"),
    "needles_injection": Row({"NM"}, ANY_DYE, ALL_AGES, None, "tell", "ok", "tell"),
    "hearing": Row(EVERY, ANY_DYE, ALL_AGES, None, "tell", "ok", "tell"),
    "interpreter": Row(EVERY, ANY_DYE, ALL_AGES, None, "tell", "ok", "tell"),
    "transfer": Row(EVERY, ANY_DYE, ALL_AGES, None, "tell", "ok", "tell"),
}
