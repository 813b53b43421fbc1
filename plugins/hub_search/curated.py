"""What editors add to the search: items pinned to a query, and words that mean the same on this site."""

from __future__ import annotations

import sqlalchemy as sa

from hub.api import Content, fold, session

from . import analysis
from .models import Pin, Synonym

MAX_WORDS = 20


def key(text: str) -> str:
    """A query as pins know it: the lemmas of its words, so that every form of it is meant."""
    return " ".join(map(analysis.lemma, analysis.forms(text)))[:200]


def pinned(text: str) -> tuple[int, ...]:
    """The content ids that come first for a query, in the order in which they were pinned."""
    wanted = key(text)
    return (
        tuple(session().scalars(sa.select(Pin.content_id).where(Pin.text == wanted).order_by(Pin.id))) if wanted else ()
    )


def synonyms() -> tuple[tuple[str, ...], ...]:
    """The site's own groups of words, as the names of concepts are given to engines."""
    rows = session().scalars(sa.select(Synonym.words).order_by(Synonym.id))
    return tuple(tuple(fold(str(word)) for word in words) for words in rows)


def pin(text: str, content: Content) -> bool:
    """Let an item come first for a query; False where it does already (or the query has no words)."""
    row = Pin(text=key(text), content_id=content.id)
    there = sa.select(Pin.id).where(Pin.text == row.text, Pin.content_id == row.content_id)
    if not row.text or session().scalar(there):
        return False
    session().add(row)
    return True


def add_synonyms(text: str) -> tuple[str, ...]:
    """Take up words with commas between; answers them (fewer than two: nothing was taken up)."""
    words = tuple(dict.fromkeys(word for part in text.split(",") if (word := " ".join(analysis.forms(part)[:6]))))[
        :MAX_WORDS
    ]
    if len(words) > 1:
        session().add(Synonym(words=list(words)))
    return words
