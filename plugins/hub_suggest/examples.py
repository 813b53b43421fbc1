"""The demo: example suggestions that wait, so that the queue is not empty at the first look."""

from __future__ import annotations

import sqlalchemy as sa

from hub.api import Content, content_type, items, session
from hub_suggest import fields, moderation
from hub_suggest.models import Entry

CORRECTED = ("partner", "example-lower-quay-library")
WISH = {
    "summary.en": "A branch library with 36 seats, 52 drawers of seeds and a wall of raised beds outside.",
    "f.email": "hello@lower-quay-library.example.org",
    "f.phone": "+7 000 000-00-00",
}
NOTE = "We have six more seats since spring, a new address for letters, and a telephone at last."


def wait(label: str) -> None:
    """Put the examples into the queue, each once. label: the word before the senders' names."""
    ours = sa.select(Content).where(Content.origin == "demo", Content.status == "review")
    for content in session().scalars(ours).all():
        if content.external_id and content.external_id.startswith("suggested-") and not _known(content, "new"):
            session().add(Entry(
                state="waiting", what="new", kind=content.kind, title=content.texts[0].title, lang=content.texts[0].lang,
                content_id=content.id, content_uid=content.uid, name=label, example=True, told=True,
            ))  # fmt: skip
    about, ctype = items.find_by_source(CORRECTED[0], "demo", CORRECTED[1]), content_type(CORRECTED[0])
    if about is not None and ctype is not None and about.status == "published" and not _known(about, "correction"):
        live = fields.flat(ctype, items.read(about))
        wish = {key: value for key, value in WISH.items() if key.partition(".")[2] != "en" or "title.en" in live}
        entry = Entry(
            what="correction", kind=ctype.kind, title=live.get("title.en") or next(t.title for t in about.texts), lang="en",
            content_id=about.id, content_uid=about.uid, base={key: live.get(key) for key in wish}, wish=wish, note=NOTE,
            name=label, example=True, doubts=[], state="waiting",
        )  # fmt: skip
        session().add(entry)
        session().flush()
        moderation.note(entry, "sent", "sender")
        moderation.queue(entry)
    items.commit()


def _known(content: Content, what: str) -> bool:
    own = sa.exists().where(Entry.content_uid == content.uid, Entry.what == what)
    return bool(session().scalar(sa.select(own)))
