"""What drf-spectacular cannot know about our addresses."""

from typing import Any


def restore_operation_names(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give operations their dollar back: the library takes it for a regular expression's end."""
    paths = result["paths"]
    for name in ("import", "bulk-publish", "process-message"):
        paths = {path.replace(f"R4/{name}", f"R4/${name}"): paths[path] for path in paths}
    for name in ("hold", "release"):
        paths = {path.replace(f"}}/{name}", f"}}/${name}"): paths[path] for path in paths}
    result["paths"] = paths
    return result
