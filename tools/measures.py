"""`make measures`: each measure's definition, as the code has it, into docs/insights.md."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from insights.measures import Measure

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "insights.md"
BEGIN = "<!-- Made by `make measures` from the measures themselves. A test compares it. -->"
END = "<!-- The end of what is made. -->"
SOURCES = {
    "over_six_weeks": "the NHS’s standard for diagnostic tests: fewer than 1 in 100 wait six weeks",
    "over_thirteen_weeks": "an aim of this service: there is no national one",
    "alerts_acknowledged": "the network’s own aim (`ALERT_ACKNOWLEDGE_HOURS`)",
    "alerts_booked": "the network’s own aim (`ALERT_BOOK_DAYS`)",
    "alerts_scanned": "the network’s own aim (`ALERT_SCAN_DAYS`), inside the 28-day standard",
}
"""Whose a target is, by the code of its measure."""
BETTER = {"lower": "lower is better", "higher": "higher is better", "": "neither way is better"}
BY = {
    "trust": "trust", "modality": "scan", "site": "place", "kind": "kind of place",
    "urgency": "urgency", "hours": "time of the week", "decile": "decile", "age": "age",
    "needs": "needs",
}  # fmt: skip


def page() -> str:
    """Return the page with the definitions as they are now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{definitions()}{END}{after}"


def definitions() -> str:
    """Return every measure under its heading, in the order of the pages."""
    from insights.measures import MEASURES

    lines: list[str] = []
    for one in MEASURES:
        own = (cut.name[0].lower() + cut.name[1:] for cut in one.cuts)
        cuts = ", ".join(["month", *(BY[name] for name in one.by), *own])
        shown = " Everybody may see the network’s." if one.is_public else ""
        lines += [
            f"### {one.name}", "",
            f"`{one.code}`, in {one.unit}; {BETTER[one.better]}. {_target(one)}{shown}", "",
            one.words, "",
            one.is_not, "",
            f"By {cuts}.", "",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _target(one: "Measure") -> str:
    if one.target is None:
        return "No target, if none is set."
    unit = "%" if one.unit == "%" else f" {one.unit}"
    return f"Target: {one.target:g}{unit}, {SOURCES[one.code]}."


def main() -> None:
    """Write the page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.path.insert(0, str(ROOT))
    django.setup()
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
