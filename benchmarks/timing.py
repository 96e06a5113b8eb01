"""Times alternatives in turns, so that a noisy moment hits them all."""

import statistics
import time
from collections.abc import Callable


def in_turns(rounds: int, **acts: Callable[[], object]) -> dict[str, float]:
    """Return the median milliseconds of each act over `rounds`, after one warm-up each."""
    return {name: statistics.median(times) for name, times in all_in_turns(rounds, **acts).items()}


def undisturbed_in_turns(rounds: int, **acts: Callable[[], object]) -> dict[str, float]:
    """Return the tenth percentile instead: what an act takes where nobody is in the way.

    Where others want the processors, an act of a millisecond is mostly left alone and one of three
    is not, so that the ratio of their medians tells of the others.
    """
    return {name: percentile(times, 10) for name, times in all_in_turns(rounds, **acts).items()}


def all_in_turns(rounds: int, **acts: Callable[[], object]) -> dict[str, list[float]]:
    """Return the milliseconds of each act in each of `rounds`, after one warm-up each."""
    for act in acts.values():
        act()
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            start = time.perf_counter()
            act()
            taken[name].append((time.perf_counter() - start) * 1000)
    return taken


def verdict(met: bool) -> str:
    """Return how a target is reported."""
    return "met" if met else "MISSED"


def percentile(taken: list[float], share: int) -> float:
    """Return the value that `share` percent of `taken` do not exceed."""
    return sorted(taken)[min(len(taken) - 1, len(taken) * share // 100)]
