"""What is done about the replies of tests/notifications/replies.csv, against what they mean."""

from unittest.mock import patch

from django.db import connection

from benchmarks.summary import tell
from tests import scenes
from tests.booking.patient.reply_scenes import cases, confusion

MEANT = ("come", "thanks", "cancel", "change", "stop", "start", "help", "sooner", "later", "other")
DONE = ("come", "come, read", "thanks", "cancel", "change", "stop", "start", "help", "sooner",
        "later", "too late", "clerk", "cancelled another")  # fmt: skip


@patch.object(scenes, "made_once", lambda _name, make: make())  # ours is no empty database
def run() -> None:
    """Print how often what was meant was answered by what was done."""
    rows = cases()
    table, wrong = confusion(rows)
    shown = [done for done in DONE if any(table[meant, done] for meant in MEANT)]
    print(f"Replies, {len(rows)} as people write them, {connection.vendor}: meant, done")
    print(f"  {'':<8}" + "".join(f"{done:>11}" for done in shown))
    for meant in MEANT:
        print(f"  {meant:<8}" + "".join(f"{table[meant, done] or '-':>11}" for done in shown))
    met = tell("cancelled and not meant", str(wrong), "0", not wrong)
    print(f"  cancelled and not meant {wrong} (target 0): {met}\n")
