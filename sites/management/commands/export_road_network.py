"""`manage.py export_road_network FILE.osm.pbf`: our main roads as OpenStreetMap's format.

For routers that read OSM files (OSRM, Valhalla): to test against, or to try one out. A network
that runs its own router gives it a real extract of OpenStreetMap instead.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sites.travel.network import ROADS, graph

HIGHWAYS = {
    "motorway": "motorway",
    "dual": "trunk",
    "trunk": "trunk",
    "primary": "primary",
    "urban": "secondary",
    "lane": "tertiary",
}
"""Class of road, OSM's `highway`."""
FORMATS = (".osm.pbf", ".osm", ".osm.xml")


class Command(BaseCommand):
    """Writes the file; an older one of the same name is replaced once the new one is whole."""

    help = "Write the road network as an OSM file, such as roads.osm.pbf, for OSRM or Valhalla."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to write."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write every junction as a node and every link as a way of two nodes."""
        file: Path = options["file"]
        if not file.name.endswith(FORMATS):
            raise CommandError(f"Name a file that ends in {', '.join(FORMATS)}.")
        if not file.parent.is_dir():
            raise CommandError(f"There is no folder {file.parent}.")
        try:
            import osmium
            from osmium.osm.mutable import Node, Way
        except ImportError:
            raise CommandError(
                "This needs osmium, which only development installs. Run: "
                ".venv/bin/pip install -r requirements/dev.txt"
            ) from None
        roads = graph()
        ids = {name: number for number, name in enumerate(roads, 1)}
        half_done = file.with_name(f"half-done-{file.name}")
        half_done.unlink(missing_ok=True)
        with osmium.SimpleWriter(str(half_done)) as writer:
            for name, at in roads.nodes(data=True):
                spot = (at["lon"], at["lat"])
                writer.add_node(Node(id=ids[name], version=1, location=spot, tags={"name": name}))
            for number, (head, tail, link) in enumerate(roads.edges(data=True), 1):
                ends = [ids[head], ids[tail]]
                tags = _tags(link["road"])
                writer.add_way(Way(id=number, version=1, nodes=ends, tags=tags))
        half_done.replace(file)
        self.stdout.write(f"{file}: {len(ids)} junctions, {roads.number_of_edges()} links.")


def _tags(road: str) -> dict[str, str]:
    """Return the tags of a way. It is drawn straight, so its speed is that of the straight line:
    the road's own, divided by how much longer the road is."""
    speed, circuity = ROADS[road]
    return {
        "highway": HIGHWAYS[road],
        "maxspeed": str(round(speed / circuity)),
        "oneway": "no",
    }
