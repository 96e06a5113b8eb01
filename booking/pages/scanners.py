"""What pages say of scanners: to everybody, to staff, and of those that are in a van."""

from collections.abc import Iterable

from booking.models import Slot
from booking.pages.filters import first_of_each, say_hours
from sites import places
from sites.abilities import Abilities
from sites.models import MODALITIES
from sites.places import Machine, Place, Visit
from times.london import LONDON

KG_PER_STONE = 6.35
YES_OR_NO = {
    "contrast": ("Can do scans that need a dye (contrast).",
                 "Cannot do scans that need a dye (contrast)."),
    "hoist": ("There is a hoist to lift people onto the scanner.",
              "There is no hoist to lift people onto the scanner."),
    "step_free": ("You can get to the scanner without steps, or by a lift.",
                  "There are steps to the scanner, and no lift."),
    "wheelchair_transfer": ("Staff can help people move from a wheelchair to the scanner.",
                            "Staff cannot help people move from a wheelchair to the scanner."),
    "under_16s": ("People under 16 are scanned here.", "People under 16 are not scanned here."),
}  # fmt: skip
"""What is said publicly of an ability, if yes and if no; of what nobody said, nothing."""
STAFF_WORDS = {
    "contrast": "contrast",
    "table_kg": "table",
    "bore_cm": "bore",
    "wide": "wide",
    "hoist": "hoist",
    "step_free": "step-free",
    "wheelchair_transfer": "wheelchair transfer",
    "under_16s": "under 16s",
    "general_anaesthetic": "general anaesthetic",
}
UNITS = {"table_kg": "kg", "bore_cm": "cm"}


def say_limits(able: Abilities) -> list[str]:
    """Return what a machine can and cannot take, in plain words."""
    said = []
    if able.table_kg:
        stone = int(able.table_kg / KG_PER_STONE)
        said.append(f"For people who weigh up to {able.table_kg} kilograms ({stone} stone).")
    if able.bore_cm:
        said.append(f"You lie in an opening {able.bore_cm} centimetres wide.")
    for name, (yes, no) in YES_OR_NO.items():
        answer = getattr(able, name)
        if answer is not None:
            said.append(yes if answer else no)
    return said


def by_limits(machines: Iterable[Machine]) -> list[tuple[str, int, list[str]]]:
    """Return machines that are alike together: the word for the scan, how many, their limits."""
    alike: dict[tuple[str, tuple[str, ...]], int] = {}
    for machine in machines:
        key = (machine.modality, tuple(say_limits(machine.abilities)))
        alike[key] = alike.get(key, 0) + 1
    order = list(MODALITIES)
    return [
        (MODALITIES[modality], count, list(limits))
        for (modality, limits), count in sorted(
            alike.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]


def say_abilities(able: Abilities) -> str:
    """Return it for staff: "contrast: yes; table 180 kg; hoist: no; not said: bore, wide"."""
    said, unsaid = [], []
    for name, word in STAFF_WORDS.items():
        value = able.is_wide if name == "wide" else getattr(able, name)
        if value is None:
            unsaid.append(word)
        elif name in UNITS:
            said.append(f"{word} {value} {UNITS[name]}")
        else:
            said.append(f"{word}: {'yes' if value else 'no'}")
    if able.excluded_exams:
        said.append(f"does not do {', '.join(able.excluded_exams)}")
    if unsaid:
        said.append(f"not said: {', '.join(unsaid)}")
    return "; ".join(said)


def abilities_at(place: Place, modality: str) -> list[tuple[str, str]]:
    """Return the scanners of a modality that stand at a place, or come there, with what they can
    do; those that are alike together."""
    there: list[Machine | Visit] = [*place.machines, *first_of_each(place.visits)]
    alike: dict[str, list[str]] = {}
    for one in there:
        if one.modality == modality:
            alike.setdefault(say_abilities(one.abilities), []).append(one.name)
    return [(", ".join(names), said) for said, names in alike.items()]


def van_lines(visit: Visit, place: Place) -> list[str]:
    """Return what somebody must know who is scanned in a van: that it is one and its steps, which
    is what a list of places says; how to find it, toilets, and when it is there."""
    steps = {
        True: "You can get into the van without steps, or by a lift.",
        False: "There are steps up to the van, and no lift.",
        None: "We do not know if there are steps up to the van. Phone us if you cannot use steps.",
    }
    entrance = place.entrance.rstrip(".")
    find = f"To find it: {entrance}." if entrance else "If you cannot see it, ask at the main desk."
    toilet = "accessible_toilet" in place.facilities
    return [
        "The scanner is in a van outside.",
        steps[visit.abilities.step_free],
        find,
        "There is an accessible toilet here." if toilet else
        "We are not told of a toilet here. Phone us if you need one.",
        f"The van is here from {say_hours(visit.opens, visit.closes)}.",
    ]  # fmt: skip


def van_at(place: Place, modality: str) -> Visit | None:
    """Return the first visit of a van to a place where nothing else of its modality stands."""
    if any(one.modality == modality for one in place.machines):
        return None
    return next((visit for visit in place.visits if visit.modality == modality), None)


def van_of(slot: Slot) -> Visit | None:
    """Return the visit of the van that a slot is at, None where it is at none, or nobody knows.

    A van by what its schedule says; or because nothing else of its modality stands there.
    """
    day = slot.start.astimezone(LONDON).date()
    if scanner := slot.schedule.scanner_id:
        return places.visit_on(scanner, day)
    place = places.get(slot.site_id)
    if any(one.modality == slot.modality for one in place.machines):
        return None
    there = (one for one in place.visits if one.modality == slot.modality and one.is_on(day))
    return next(there, None)
