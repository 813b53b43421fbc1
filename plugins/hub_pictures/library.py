"""What the library knows: all pictures, where they stand, what is missing; removing and bringing back."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.api import Content, content_type, data_dir, fold, items, now, session, setting, writing
from hub_pictures import sizes
from hub_pictures.models import Focus, Removed

Media = items.Media
_IN_TEXT = re.compile(r"!\[([^\]\n]*)\]\((?:https?://[^/\s)]+)?/media/([A-Za-z0-9_-]{10,40}\.webp)")
_NAMED = re.compile(r"/media/([A-Za-z0-9_-]{10,40}\.webp)")
KEPT = ("name", "width", "height", "alt", "credit", "licence")


@dataclass
class Use:
    """A place where a picture stands. how: picture (of an entry), text, or draft (a version that is not published)."""

    content_id: int
    how: str
    title: str = ""
    path: str = ""
    uid: str = ""
    blind: bool = False  # set into a text without saying what it shows


@dataclass
class Shown:
    """A picture with where it stands. undescribed: languages in which nothing says what it shows."""

    row: Any
    uses: list[Use] = field(default_factory=list)
    undescribed: list[str] = field(default_factory=list)

    @property
    def blind(self) -> bool:
        return bool(self.undescribed) or any(use.blind for use in self.uses)


def everything() -> list[Shown]:
    """All pictures, newest first."""
    rows = list(session().scalars(sa.select(Media).order_by(Media.id.desc())))
    return shown(rows)


def shown(rows: Sequence[Any]) -> list[Shown]:
    """Pictures with their uses, by a few queries for all."""
    used, languages = uses({row.name for row in rows}), items.site()["languages"]
    found = []
    for row in rows:
        mine = used.get(row.name, [])
        carried = any(use.how == "picture" for use in mine)
        missing = [code for code in languages if not row.alt.get(code)] if carried else []
        found.append(Shown(row, mine, missing))
    return found


def one(name: str) -> Shown | None:
    """The picture of that name."""
    row = session().scalar(sa.select(Media).where(Media.name == name))
    return shown([row])[0] if row is not None else None


def uses(names: set[str]) -> dict[str, list[Use]]:
    """Where pictures stand: as an entry's picture, in published texts, in versions that wait."""
    found: dict[str, dict[tuple[int, str], Use]] = {}

    def note(name: str, content_id: int, how: str, blind: bool = False) -> None:
        if name in names:
            use = found.setdefault(name, {}).setdefault((content_id, how), Use(content_id, how))
            use.blind |= blind

    newest = sa.select(sa.func.max(Media.id)).where(Media.content_id.is_not(None)).group_by(Media.content_id)
    for name, number in session().execute(sa.select(Media.name, Media.content_id).where(Media.id.in_(newest))):
        note(name, number or 0, "picture")
    text = Content.texts.property.mapper.class_
    fields = sa.cast(text.fields, sa.Text)
    query = sa.select(text.content_id, text.body, fields).where(
        text.body.contains("/media/") | fields.contains("/media/")
    )
    for number, *parts in session().execute(query):
        _read("\n".join(part or "" for part in parts), lambda name, blind, n=number: note(name, n, "text", blind))
    revision = items.Revision
    document = sa.cast(revision.document, sa.Text)
    waiting = revision.state.in_(("draft", "scheduled", "review"))
    for number, said in session().execute(
        sa.select(revision.content_id, document).where(waiting, document.contains("/media/"))
    ):
        _read(said, lambda name, blind, n=number: note(name, n, "draft"))
    _name({use.content_id: None for mine in found.values() for use in mine.values()}, found)
    return {name: [use for use in mine.values() if use.path] for name, mine in found.items()}


def _read(text: str, note: Any) -> None:
    described = {name: words for words, name in _IN_TEXT.findall(text)}
    for name in dict.fromkeys(_NAMED.findall(text)):
        note(name, name in described and not described[name].strip())


def _name(numbers: dict[int, None], found: dict[str, dict[tuple[int, str], Use]]) -> None:
    """Titles and addresses of the entries; those of kinds that are off are known by their number."""
    speaking = items.speaking()
    known = {item.id: item for item in items.load(list(numbers), speaking, 2, drafts=True)}
    for mine in found.values():
        for use in mine.values():
            item = known.get(use.content_id)
            use.title, use.uid = (item.title, item.uid) if item else (f"№ {use.content_id}", "")
            use.path = item.type.path if item else "-"


def matching(pictures: list[Shown], words: str) -> list[Shown]:
    """Those whose descriptions, author, licence or entries hold all the words."""
    wanted = fold(words).split()
    said = lambda p: fold(" ".join([*p.row.alt.values(), p.row.credit, p.row.licence, *(u.title for u in p.uses)]))  # noqa: E731
    return [picture for picture in pictures if all(word in said(picture) for word in wanted)]


def editable(picture: Shown, *, editor: bool) -> bool:
    """Editors may work on every picture, others on those of entries that are theirs."""
    content = session().get(Content, picture.row.content_id) if picture.row.content_id else None
    return editor or (content is not None and items.editable(content))


def give(content: Content, row: Any) -> Any:
    """Make a picture an entry's: itself where nobody has it, else a copy, so that changing one changes no other."""
    taken = any(use.how == "picture" and use.content_id != content.id for use in shown([row])[0].uses)
    take_off(content)
    if taken:
        row = _copy(row)
    row.content_id = content.id
    return row


def take_off(content: Content) -> None:
    """The entry has no picture any more; the library keeps it."""
    session().execute(sa.update(Media).where(Media.content_id == content.id).values(content_id=None))
    session().expire_all()


def replace(picture: Shown, sent: bytes) -> Any:
    """Another file in a picture's place, with its words. What texts show stays until they are edited."""
    row = picture.row
    content = session().get(Content, row.content_id) if row.content_id else None
    made = items.attach_picture(content, sent, alt=dict(row.alt), credit=row.credit, licence=row.licence)
    row.content_id = None
    if not any(use.how != "picture" for use in picture.uses):
        remove([row])
    return made


def set_focus(name: str, x: int, y: int) -> None:
    """What matters in a picture from now on."""
    session().merge(Focus(name=name, x=x, y=y))
    sizes.forget(name)


def remove(rows: Sequence[Any]) -> None:
    """Take pictures out of the library and off the site; they can be brought back for some days."""
    for row in rows:
        spot = session().get(Focus, row.name)
        kept = {name: getattr(row, name) for name in KEPT}
        session().merge(Removed(name=row.name, row={**kept, "focus": [spot.x, spot.y] if spot else None}, at=now()))
        if spot:
            session().delete(spot)
        session().delete(row)  # the file stays for some days; without its row nobody is shown it
        session().flush()
        sizes.forget(row.name)


def bring_back(names: Sequence[str]) -> int:
    """Put removed pictures back, as pictures that no entry has yet."""
    done = 0
    for kept in session().scalars(sa.select(Removed).where(Removed.name.in_(names))).all():
        made, spot = Media(**{name: kept.row[name] for name in KEPT}), kept.row.get("focus")
        session().add(made)
        session().flush()
        before = data_dir("pictures") / kept.name  # where removed ones lay until 2026-11
        if before.is_file():
            items.keep_picture(kept.name, before.read_bytes())
            before.unlink()
        if items.picture_file(kept.name) is None:
            session().delete(made)
            continue
        if spot:
            session().merge(Focus(name=kept.name, x=spot[0], y=spot[1]))
        session().delete(kept)
        done += 1
    return done


def removed() -> list[Removed]:
    """What can be brought back, the latest first."""
    return list(session().scalars(sa.select(Removed).order_by(Removed.at.desc(), Removed.name)))


def purge() -> None:
    """Delete for good what was removed long enough ago (a job)."""
    with writing():
        session().rollback()
        limit = now() - dt.timedelta(days=setting("pictures.days"))
        for kept in session().scalars(sa.select(Removed).where(Removed.at < limit)).all():
            session().delete(kept)
            items.forget_picture(kept.name)
            (data_dir("pictures") / kept.name).unlink(missing_ok=True)
        session().commit()


def _copy(row: Any) -> Any:
    name = f"{secrets.token_urlsafe(12)}.webp"
    file = items.picture_file(row.name)
    if file is None:
        raise ValueError(row.name)
    items.keep_picture(name, file.read_bytes())
    made = Media(**{**{key: getattr(row, key) for key in KEPT}, "alt": dict(row.alt), "name": name})
    spot = session().get(Focus, row.name)
    if spot:
        session().merge(Focus(name=name, x=spot.x, y=spot.y))
    session().add(made)
    session().flush()
    return made


def path_of(content: Content) -> str:
    """The address word of an entry's kind."""
    ctype = content_type(content.kind)
    return ctype.path if ctype else ""
