"""Which entries of an import an undo must not delete unasked: what people have left there would go with them, or entries that stay
lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from hub.api import Content, accounts, gather, gettext, ngettext, session

PORTION = 500
links = Content.links.property.target


def reasons(created: Iterable[int], edited: Iterable[int]) -> dict[int, str]:
    """Why to leave entries alone, by id. created: those the undo would delete; edited: those of them that stay for their edits."""
    going = set(created)
    found: dict[int, str] = {}
    for ids in _portions(going):
        for number, words in _left_at(ids):
            found[number] = f"{found[number]}, {words}" if number in found else words
    found = {number: gettext("this would be deleted with it: %(what)s", what=words) for number, words in found.items()}
    stay, pointing = {*found, *edited}, [pair for ids in _portions(going) for pair in _pointing_at(ids)]
    while kept := {to: one for one, to in pointing if to not in stay and (one not in going or one in stay)}:
        stay |= kept.keys()
        titles = _titles(kept.values())
        found |= {to: gettext("“%(title)s” leads to it", title=titles.get(one, "")) for to, one in kept.items()}
    return found


def _left_at(ids: list[int]) -> Iterator[tuple[int, str]]:
    mandates = accounts.Representative
    counted = sa.select(mandates.partner_id, sa.func.count()).where(mandates.partner_id.in_(ids)).group_by(mandates.partner_id)
    for number, count in session().execute(counted):
        yield number, ngettext("%(num)s representative", "%(num)s representatives", count)
    for _plugin, answer in gather("left_at", contents=ids):
        yield from answer.items()


def _pointing_at(ids: list[int]) -> Iterator[tuple[int, int]]:
    """(id, id that it leads to) by any relation or as the one responsible; what lies in the trash leads nowhere."""
    here = sa.select(Content.id).where(Content.status != "trash")
    yield from session().execute(here.add_columns(links.c.to_id).join(links, links.c.from_id == Content.id).where(links.c.to_id.in_(ids)))
    yield from session().execute(here.add_columns(Content.owner_id).where(Content.owner_id.in_(ids)))


def _titles(ids: Iterable[int]) -> dict[int, str]:
    many = (content for part in _portions(set(ids)) for content in session().scalars(sa.select(Content).where(Content.id.in_(part))))
    return {content.id: next((text.title for text in content.texts if text.title), "") for content in many}


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    many = sorted(ids)
    for start in range(0, len(many), PORTION):
        yield many[start : start + PORTION]
