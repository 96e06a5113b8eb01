"""What must happen elsewhere when places change: other rooms register here, for we may not import
them (booking knows of appointments; sites does not)."""

from collections.abc import Callable

reasons_to_keep: list[Callable[[int], str]] = []
"""Each takes the number of a site and returns why it may not be closed, empty if it may."""
stops_moved: list[Callable[[int], None]] = []
"""Each takes the number of a mobile scanner whose stops were changed, in the same transaction."""


def why_keep(site_id: int) -> str:
    """Return why a site may not be closed, empty if it may."""
    return next((reason for ask in reasons_to_keep if (reason := ask(site_id))), "")


def tell_stops_moved(scanner_id: int) -> None:
    """Let the others follow a scanner's new stops."""
    for follow in stops_moved:
        follow(scanner_id)
