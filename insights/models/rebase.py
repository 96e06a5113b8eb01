"""From which month the limits of a chart are worked out anew, and why."""

from insights.models.act import Act


class Rebase(Act):
    """The chart of a measure begins a new part in this month, of one trust or of all."""
