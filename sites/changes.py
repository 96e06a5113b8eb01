"""What must happen elsewhere when places change: other rooms register here, for we may not import
them (booking knows of appointments; sites does not)."""

from collections.abc import Callable, Collection

reasons_to_keep: list[Callable[[int], str]] = []
"""Each takes the number of a site and returns why it may not be closed, empty if it may."""
stops_moved: list[Callable[[Collection[int]], None]] = []
"""Each takes the numbers of the mobile scanners whose stops were changed, once a transaction, at
its end."""


def why_keep(site_id: int) -> str:
    """Return why a site may not be closed, empty if it may."""
    return next((reason for ask in reasons_to_keep if (reason := ask(site_id))), "")


def tell_stops_moved(scanner_ids: Collection[int]) -> None:
    """Let the others follow these scanners' new stops."""
    for follow in stops_moved:
        follow(scanner_ids)
