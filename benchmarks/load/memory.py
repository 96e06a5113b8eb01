"""How much memory each part takes: its processes' share (PSS) by /proc, in MB."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def of_trees(roots: Mapping[str, int]) -> dict[str, float]:
    """Return the MB of each root's process with all its descendants; 0 where /proc says nothing."""
    children = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            said = (folder / "stat").read_text(errors="replace")
            children[int(said.rpartition(")")[2].split()[1])].append(int(folder.name))
    return {name: _tree(root, children) for name, root in roots.items()}


def _tree(pid: int, children: Mapping[int, list[int]]) -> float:
    return _one(pid) + sum(_tree(child, children) for child in children.get(pid, ()))


def _one(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
