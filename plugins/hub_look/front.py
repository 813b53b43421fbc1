"""What the front page shows of the whole site: how much there is of what, its topics, what is new."""

from itertools import zip_longest

import sqlalchemy as sa
from flask import request

from hub.api import Content, ListQuery, content_type, items, level, session

SHOWN_TOPICS, SHOWN_NEWEST = 14, 4


def published_kinds():
    """The kinds, with a place in the menu, of which something is published."""
    found = session().scalars(sa.select(Content.kind).where(Content.status == "published").distinct())
    types = [ctype for ctype in map(content_type, found) if ctype and ctype.navigation]
    return tuple(ctype.kind for ctype in sorted(types, key=lambda ctype: ctype.order))


def language():
    """Of the front page that is being made."""
    return (request.view_args or {}).get("lang") or items.site()["languages"][0]


def start(kinds, user):
    """How much there is of what, and the topics most is filed under, with their names."""
    whole = tuple(k for k in kinds if (ctype := content_type(k)) and not ctype.part_of)  # a topic's page and the list of topics count so
    query = ListQuery(whole, language(), level(user), limit=60)
    result = items.find(query, facets=True)
    names = {
        topic.slug: topic.name(language())
        for item in items.load(result.ids, language(), level(user))
        for topic in item.topics
    }
    counts = result.facets.get("topic", {})
    most = sorted((slug for slug in counts if slug in names), key=lambda slug: -counts[slug])[:SHOWN_TOPICS]
    totals = [
        (content_type(kind), items.find(ListQuery((kind,), language(), level(user), limit=1)).total) for kind in kinds
    ]
    return {
        "topics": [(slug, names[slug], counts[slug]) for slug in most],
        "kinds": [pair for pair in totals if pair[1]],
    }


def newest(kinds):
    """The newest of every kind in turn, so that a day of many partners hides no practice."""
    found = [items.newest(kind, SHOWN_NEWEST) for kind in kinds]
    turns = [item for turn in zip_longest(*found) for item in turn if item is not None]
    return turns[:SHOWN_NEWEST]
