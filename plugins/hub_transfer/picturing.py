"""Pictures that rows name by their addresses: fetched by the guarded client, each address once, and shown by the hub itself.

They are fetched before a chunk is written, without a transaction; each is kept at once, so a run that goes on after an
interruption, and a later one, asks for none again. A document names them in `pictures` (address → alt, credit), its own in
`picture`; its texts show them as Markdown by the same addresses.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.api import Content, NetError, fetch, gettext, items, session, writing

from .models import Picture
from .reading import Numbered

LARGEST, SECONDS = 8_000_000, 15.0
ENOUGH = 3  # times in a row that a server may fail to answer; then it is not asked any more
Media = items.Media
_SHOWN = re.compile(r"!\[([^\]\n]*)\]\((https?://[^\s)]+)\)")
_NAMED = re.compile(r"/media/([A-Za-z0-9_-]{10,40}\.webp)")


class Pictures:
    """The pictures of one run. kept: called in the transaction that keeps one; lost: what cannot be had, by row."""

    def __init__(self, kept: Callable[[], None], batch: int, *, dry_run: bool = False) -> None:
        self._kept, self._batch, self._dry_run = kept, batch, dry_run
        self._names: dict[str, str] = {}
        self._why: dict[str, str] = {}
        self._failed: dict[str, int] = {}
        self._own: dict[int, str] = {}
        self.lost: dict[int, list[str]] = {}

    def settle(self, rows: Iterable[Numbered]) -> Iterator[Numbered]:
        """The rows with their pictures under the names that those have here; what cannot be had is left out."""
        for number, row in rows:
            if isinstance(row, dict) and isinstance(row.get("texts"), dict) and ("pictures" in row or "notes" in row):
                try:
                    row = self._settled(number, dict(row))
                except (TypeError, AttributeError):
                    row = ValueError(gettext("“%(name)s” has another form than in an export", name="pictures"))
            yield number, row

    def _settled(self, number: int, row: dict[str, Any]) -> dict[str, Any]:
        lost, wanted, own = [str(note) for note in row.pop("notes", [])], row.pop("pictures", {}), row.pop("picture", "")
        language = next(iter(row["texts"]), "")
        for address, said in wanted.items():
            if not self._name(address, said, language) and address in self._why:
                lost.append(gettext("picture %(address)s: %(why)s", address=address, why=self._why[address]))
        shown = lambda m: (f"![{m[1]}](/media/{name})" if (name := self._names.get(m[2])) else "") if m[2] in wanted else m[0]  # noqa: E731
        row["texts"] = {
            code: {**text, "body": re.sub(r"\n{3,}", "\n\n", _SHOWN.sub(shown, text.get("body") or "")).strip()}
            for code, text in row["texts"].items()
        }  # fmt: skip
        if self._names.get(own):
            self._own[number] = own
        if lost:
            self.lost[number] = lost
        return row

    def _name(self, address: str, said: dict[str, Any], language: str) -> str:
        """Under which name a picture is kept; empty where it is not."""
        if address not in self._names:
            known = session().scalars(sa.select(Picture.name).where(Picture.known == _known(address)).order_by(Picture.id)).all()
            still = set(session().scalars(sa.select(Media.name).where(Media.name.in_(known))))
            here = [name for name in known if name in still]  # the first is the one that texts show; others are copies
            session().rollback()  # no transaction is held while somebody else's server answers
            fresh = not known and not self._dry_run and address not in self._why  # one that was removed here is not wanted again
            self._names[address] = here[0] if here else self._fetched(address, said, language) if fresh else ""
        return self._names[address]

    def _fetched(self, address: str, said: dict[str, Any], language: str) -> str:
        host = urlsplit(address).netloc
        try:
            if self._failed.get(host, 0) >= ENOUGH:
                raise ValueError(gettext("not asked for, because %(host)s did not answer before", host=host))
            try:
                reply = fetch(address, max_bytes=LARGEST, deadline=SECONDS)
            except NetError:
                self._failed[host] = self._failed.get(host, 0) + 1
                raise
            self._failed[host] = 0
            if reply.status != 200:
                raise ValueError(gettext("the server answered %(status)s", status=reply.status))
            with writing():
                alt = {language: words} if (words := str(said.get("alt") or "")[:300]) else {}
                made = items.attach_picture(None, reply.body, alt=alt, credit=str(said.get("credit") or "")[:300])
                name = made.name
                self._note(address, name)
                items.commit()
        except (NetError, ValueError) as trouble:
            session().rollback()
            self._why[address] = str(trouble)
            return ""
        return name

    def _note(self, address: str, name: str, content_id: int | None = None) -> None:
        session().add(Picture(batch_id=self._batch, known=_known(address), name=name, content_id=content_id))
        self._kept()

    def give(self, told: Iterable[tuple[int, str]]) -> None:
        """Give entries (row, uid) their pictures, in the transaction at hand: where they have none of their own, and once."""
        wanted = {uid: self._own.pop(number) for number, uid in told if number in self._own}
        for content in items.find_many(wanted, []):
            address = wanted[content.uid]
            before = session().scalars(sa.select(Picture).where(Picture.known == _known(address))).all()
            taken = sa.select(sa.exists().where(Media.content_id == content.id))
            if any(row.content_id == content.id for row in before) or session().scalar(taken):
                continue
            media = session().scalars(sa.select(Media).where(Media.name.in_([row.name for row in before])).order_by(Media.id)).all()
            nobodys = {row.name: row for row in before if row.content_id is None}
            free = next((one for one in media if one.content_id is None and one.name in nobodys), None)
            if free is not None:
                free.content_id = nobodys[free.name].content_id = content.id
            elif media and (copy := _copy(media[0], content)):
                self._note(address, copy)
            items.touch()


def _known(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def _copy(one: Any, content: Content) -> str:
    """The same picture once more, for another entry: changing one changes no other."""
    file = items.picture_file(one.name)
    if file is None:
        return ""
    name = f"{secrets.token_urlsafe(12)}.webp"
    items.keep_picture(name, file.read_bytes())
    same = {key: getattr(one, key) for key in ("width", "height", "credit", "licence")}
    session().add(Media(name=name, content_id=content.id, alt=dict(one.alt), **same))
    session().flush()
    return name


def take_away(batch_id: int, stays: Iterable[str]) -> None:
    """Delete the pictures of an import that is undone, except those in use. stays: uids of entries that keep theirs."""
    with writing():
        session().rollback()
        kept = set(session().scalars(sa.select(Content.id).where(Content.uid.in_([*stays]))))
        used = _used()
        gone = []
        query = sa.select(Picture, Media).join(Media, Media.name == Picture.name).where(Picture.batch_id == batch_id)
        for row, media in session().execute(query).all():
            others = media.content_id is not None and (media.content_id != row.content_id or media.content_id in kept)
            if not others and media.name not in used:
                gone.append(media.name)
                session().delete(media)
                session().delete(row)
        items.touch()
        items.commit()
    for name in gone:  # afterwards: a store of files elsewhere takes its time
        items.forget_picture(name)


def _used() -> set[str]:
    """The names of the pictures that stand in texts, and in versions that wait to be published."""
    text, revision = Content.texts.property.mapper.class_, items.Revision
    said, waits = sa.cast(revision.document, sa.Text), revision.state.in_(("draft", "scheduled", "review"))
    fields = sa.cast(text.fields, sa.Text)
    found: set[str] = set()
    for query in (sa.select(text.body).where(text.body.contains("/media/")), sa.select(fields).where(fields.contains("/media/")),
                  sa.select(said).where(waits, said.contains("/media/"))):  # fmt: skip
        for words in session().scalars(query.execution_options(yield_per=100)):
            found.update(_NAMED.findall(words))
    return found
