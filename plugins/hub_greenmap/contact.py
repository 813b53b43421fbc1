"""The person to ask at an initiative: shown on its own page after an editor noted that they have agreed, nowhere else."""

from __future__ import annotations

from typing import Any

from hub.api import Item, items


def agreed(item: Item) -> dict[str, Any] | None:
    """{name, details} of the person who has agreed to be shown, or None."""
    content = items.get(item.kind, item.uid) if item.kind == "initiative" else None
    data = items.read(content)["data"] if content is not None else {}
    if not data.get("contact_shown") or not (data.get("contact_person") or data.get("contact_details")):
        return None
    return {"name": data.get("contact_person") or "", "details": data.get("contact_details") or ""}
