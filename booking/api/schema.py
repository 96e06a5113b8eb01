"""What drf-spectacular cannot know about our addresses."""

from typing import Any


def restore_operation_names(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give `$import` its dollar back: the library takes it for the end of a regular expression."""
    paths = result["paths"]
    result["paths"] = {path.replace("R4/import", "R4/$import"): paths[path] for path in paths}
    return result
