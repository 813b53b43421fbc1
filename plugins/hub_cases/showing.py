"""What stands on the pages of practices and partners: figures, who took a practice over, where it comes from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.api import Content, Item, items, session
from hub_cases import adoptions, comparing, pages
from hub_cases.models import Adoption


def below(item: Item) -> dict[str, Any]:
    """What the sections below a practice need."""
    rows = adoptions.of_case(item.id)
    partners = readable({row.adopter_id for row in rows if row.adopter_id}, item.level, item.asked)
    return {
        "item": item, "series": comparing.over_time(item), "adoptions": rows, "partners": partners, "tree": lineage(item),
        "stages": pages.labels(), "spoken": adoptions.spoken, "drawn": any(row.point for row in rows),
    }  # fmt: skip


def took(item: Item) -> list[tuple[Adoption, Item]]:
    """What a partner took over: the adoption and its practice, as far as this reader may see it."""
    rows = adoptions.by_partner(item.id)
    cases = readable({row.content_id for row in rows}, item.level, item.asked)
    return [(row, cases[row.content_id]) for row in rows if row.content_id in cases]


def readable(ids: set[int], reader: int, language: str) -> dict[int, Item]:
    """Those of these published items that a reader may see, by id."""
    if not ids:
        return {}
    query = sa.select(Content.id).where(Content.id.in_(ids), Content.status == "published")
    open_to = session().scalars(query.where(Content.audience.in_(items.AUDIENCES[: reader + 1])))
    return {other.id: other for other in items.load(list(open_to), language, reader)}


def lineage(item: Item, depth: int = 4) -> dict[str, Any] | None:
    """Where a practice comes from and what came of it: the oldest one known, each with those taken over from it (`next`);
    None where it stands alone."""
    reader, seen, root = item.level, {item.id}, item
    for _ in range(depth):
        above = [end for end in root.links.get("based_on", []) if end.id not in seen]
        if not above:
            break
        seen.add(above[0].id)
        root = items.load([above[0].id], item.asked, reader, links=True)[0]
    tree = _branch(root, set(), depth)
    return tree if tree["next"] else None


def _branch(item: Item, seen: set[int], depth: int) -> dict[str, Any]:
    seen.add(item.id)
    ends = [end for end in item.inverse.get(("case", "based_on"), []) if end.id not in seen][:20] if depth else []
    below = items.load([end.id for end in ends], item.asked, item.level, links=True) if ends else []
    return {"item": item, "next": [_branch(other, seen, depth - 1) for other in below if other.id not in seen]}
