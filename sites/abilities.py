"""What a scanner can do, as its trust says: data, never a rule."""

from typing import NamedTuple

WIDE_CM = 70
"""An opening as wide as this is what the trade calls a wide bore."""


class Abilities(NamedTuple):
    """What a scanner can do. None: nobody said, which is no yes.

    `table_kg` is the heaviest person that its table carries, `bore_cm` the width of its opening.
    `hoist`: people are lifted onto the table; `step_free`: one gets to it without steps, or by a
    lift; `wheelchair_transfer`: staff help people from a wheelchair onto the table; `wide`: a wide
    or an open scanner; `under_16s`: children are scanned; `general_anaesthetic`: people can be
    asleep. `excluded_exams` are codes of exams that it does not do.
    """

    contrast: bool | None = None
    table_kg: int | None = None
    bore_cm: int | None = None
    hoist: bool | None = None
    step_free: bool | None = None
    wheelchair_transfer: bool | None = None
    wide: bool | None = None
    under_16s: bool | None = None
    general_anaesthetic: bool | None = None
    excluded_exams: tuple[str, ...] = ()

    @property
    def is_wide(self) -> bool | None:
        """Whether it is wide: as it says, or by the width of its opening."""
        if self.wide is None and self.bore_cm is not None:
            return self.bore_cm >= WIDE_CM
        return self.wide


NOT_SAID = Abilities()
"""Of a scanner of which nothing is known."""
