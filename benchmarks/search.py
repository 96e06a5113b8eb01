"""Ten nearest places x first five free times, one modality, four weeks: against what a good
engineer would write instead (benchmarks/search_controls.py), and in five scenes.
"""

from collections.abc import Callable

from django.db import connection

from benchmarks import search_controls as others
from benchmarks import search_scenes as scenes
from benchmarks.scene import SLOTS
from benchmarks.search_asked import Found, bare, ours, two_visits
from benchmarks.summary import tell
from benchmarks.timing import undisturbed_in_turns as in_turns
from booking.models import Slot

__all__ = ["bare", "floor", "ours", "run", "two_visits"]

AT_MOST, FIT_AT_MOST = {"sqlite": 7, "postgresql": 4}, 1.3
"""Times the floor, and the best control that finds the same, whatever the scene; and times a search
that asks nothing of an exam."""
ROUNDS, FEW, SLOW = 200, 100, 5
"""In the full scene, in each other, and of what takes long."""
floor = others.floor


def run() -> None:
    """Check that all find what they claim to, then print a table a scene."""
    slots = Slot.objects.count()
    is_large = slots > SLOTS
    print(f"Search, {slots:,} slots, {connection.vendor} (ms, tenth percentile, in turns)")
    print("Controls ask nothing of an exam or a patient. Each further lacks:")
    controls = others.controls()
    for control in controls:
        print(f"  {control.name:<32}{control.lacks}")
    if connection.vendor == "postgresql" and "PostGIS" not in controls[-1].name:
        print("  one statement, PostGIS KNN      not measured: this server has no PostGIS")
    for name, taken in scenes.SCENES.items():
        with scenes.without(taken):
            _compare(name, controls, is_large=is_large)
    twice = in_turns(FEW // 2, two_visits=two_visits)["two_visits"]  # apart: it empties the caches
    tell("a scan in two visits", f"{twice:.1f} ms")
    print(f"  a scan in two visits, full scene {twice:8.2f}\n")


def _compare(scene: str, controls: list[others.Control], *, is_large: bool) -> None:
    """Print one scene: each way's milliseconds, and ours to the best of the controls."""
    found = _check(scene, controls)
    naive, by_orm, *statements = controls
    # These empty the processor's caches for whoever comes after them: they have turns of their own.
    taken = {
        naive.name: in_turns(1 if is_large else SLOW, it=naive.act)["it"],
        by_orm.name: in_turns(SLOW, it=by_orm.act)["it"],
    }
    acts: dict[str, Callable[[], Found]] = {control.name: control.act for control in statements}
    more = {"ranking alone": others.ranked, "floor": floor, "bare": bare, "ours": ours}
    taken |= in_turns(ROUNDS if scene == "full" else FEW, **acts, **more)
    print(f"{scene}: {len(found)} places, {sum(map(len, found.values()))} times found")
    for name, milliseconds in taken.items():
        print(f"  {name:<32}{milliseconds:9.2f}")
    same = min((one.name for one in controls if one.order is None), key=lambda name: taken[name])
    straight = min((one.name for one in controls if one.order), key=lambda name: taken[name])
    most = AT_MOST[connection.vendor]
    _ratio(f"{scene}: ours to the best that finds the same", taken, same, most)
    _ratio(f"{scene}: ours to the best by straight line", taken, straight)
    if scene == "full":
        _ratio("full: ours to the floor, told the places", taken, "floor", most)
        _ratio("full: ours to bare, whatever the exam", taken, "bare", FIT_AT_MOST)
        times = taken[naive.name] / taken["ours"]
        tell("full: naive, a site measured once, to ours", f"{times:.0f} x")
        print(f"  naive is {times:.0f} x ours")


def _ratio(what: str, taken: dict[str, float], other: str, most: float | None = None) -> None:
    """Print and tell how many times as long as another ours takes."""
    over = taken["ours"] / taken[other]
    said = f"{over:.2f} x ({taken['ours']:.2f}/{taken[other]:.2f} ms)"
    if most is None:
        tell(what, said)
        print(f"  ours is {over:.2f} x {other}")
        return
    met = tell(what, said, f"<= {most}", over <= most)
    print(f"  ours is {over:.2f} x {other} (target {most}): {met}")


def _check(scene: str, controls: list[others.Control]) -> Found:
    """Return what ours finds; stop if anybody finds other times than they claim to."""
    found = ours()
    by_road = next(control for control in controls if control.order is None)
    right = {"ours": (found, others.expected(by_road))}
    others.tell_floor(found)
    right["floor"] = (floor(), found)
    for control in controls:
        right[control.name] = (control.act(), others.expected(control))
    for name, (had, wanted) in right.items():
        if list(had.items()) != list(wanted.items()):
            raise SystemExit(f"{scene}: {name} does not find what it must")
    return found
