"""DM01's tests and bands, and which of them are ours.

Source: NHS England, Monthly Diagnostic Waiting Times and Activity, full extract: the order and the
codes are its own; until about 2014 it wrote the names out.
"""

import re
from dataclasses import dataclass

from sites.models import MODALITIES


@dataclass(frozen=True)
class Dm01Test:
    """One test: DM01's code and number, its words, and our modality if we do it."""

    code: str
    order: int
    name: str
    modality: str = ""


TESTS = (
    Dm01Test("MRI", 1, "Magnetic resonance imaging", "MR"),
    Dm01Test("CT", 2, "Computed tomography", "CT"),
    Dm01Test("NON_OBSTETRIC_ULTRASOUND", 3, "Non-obstetric ultrasound", "US"),
    Dm01Test("BARIUM_ENEMA", 4, "Barium enema"),
    Dm01Test("DEXA_SCAN", 5, "DEXA scan", "BMD"),
    Dm01Test("AUDIOLOGY_ASSESSMENTS", 6, "Audiology assessments"),
    Dm01Test("ECHOCARDIOGRAPHY", 7, "Echocardiography"),
    Dm01Test("ELECTROPHYSIOLOGY", 8, "Electrophysiology"),
    Dm01Test("PERIPHERAL_NEUROPHYS", 9, "Peripheral neurophysiology"),
    Dm01Test("SLEEP_STUDIES", 10, "Sleep studies"),
    Dm01Test("URODYNAMICS", 11, "Urodynamics"),
    Dm01Test("COLONOSCOPY", 12, "Colonoscopy"),
    Dm01Test("FLEXI_SIGMOIDOSCOPY", 13, "Flexi sigmoidoscopy"),
    Dm01Test("CYSTOSCOPY", 14, "Cystoscopy"),
    Dm01Test("GASTROSCOPY", 15, "Gastroscopy"),
)
TOTAL = "TOTAL"
"""What rows are called that add up the others: they are left out."""
BY_CODE = {one.code: one for one in TESTS}
OURS = {one.modality: one for one in TESTS if one.modality}
"""Of DM01's tests those that this service books, by modality."""
OURS_ONLY = tuple(code for code in MODALITIES if code not in OURS)
"""Modalities that DM01 does not ask for: X-ray and radionuclide."""
BANDS = tuple(f"{weeks:02d}" for weeks in range(14))
"""Whole weeks that somebody waits, "13" is 13 or more: the groups of the counter "waiting"."""
SIX, THIRTEEN = BANDS[6:], BANDS[13:]

_OTHER_NAMES = {
    "MAGNETIC_RESONANCE_IMAGING": "MRI",
    "COMPUTED_TOMOGRAPHY": "CT",
    "DEXA": "DEXA_SCAN",
    "AUDIOLOGY_AUDIOLOGY_ASSESSMENTS": "AUDIOLOGY_ASSESSMENTS",
    "CARDIOLOGY_ECHOCARDIOGRAPHY": "ECHOCARDIOGRAPHY",
    "CARDIOLOGY_ELECTROPHYSIOLOGY": "ELECTROPHYSIOLOGY",
    "NEUROPHYSIOLOGY_PERIPHERAL_NEUROPHYSIOLOGY": "PERIPHERAL_NEUROPHYS",
    "PERIPHERAL_NEUROPHYSIOLOGY": "PERIPHERAL_NEUROPHYS",
    "RESPIRATORY_PHYSIOLOGY_SLEEP_STUDIES": "SLEEP_STUDIES",
    "URODYNAMICS_PRESSURES_FLOWS": "URODYNAMICS",
    "URODYNAMICS_PRESSURES_AND_FLOWS": "URODYNAMICS",
    "FLEXIBLE_SIGMOIDOSCOPY": "FLEXI_SIGMOIDOSCOPY",
}
LONGEST = 40


def code_of_test(typed: str) -> str:
    """Return DM01's code of a test, however a layout writes its name; of a new one its name.

    Empty where there is none.
    """
    slug = re.sub(r"[^A-Z0-9]+", "_", typed.upper()).strip("_")
    return _OTHER_NAMES.get(slug, slug)[:LONGEST]


def column_of_band(band: str) -> str:
    """Return the name of a band's column: "00 < 01 Week", "06 < 07 Weeks", "13+ Weeks"."""
    weeks = int(band)
    if band == BANDS[-1]:
        return f"{band}+ Weeks"
    return f"{band} < {weeks + 1:02d} Week{'s' * bool(weeks)}"
