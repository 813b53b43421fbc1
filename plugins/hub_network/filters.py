"""What of a hub is followed: `kind=case&topic=gardening&place=RU&lang=ru`. Of one name any value will do, names must all hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from hub.api import ContentType, fold, gettext, items

NAMES = ("kind", "topic", "place", "lang")
FORMS = {"topic": r"[\w-]{1,120}", "place": r"[\w-]{1,120}", "lang": r"[a-z]{2,3}"}
MOST = 50  # values of one name

Filter = dict[str, list[str]]


class BadFilter(ValueError):
    """A filter that cannot be; name: the part at fault."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


def followable() -> dict[str, ContentType]:
    """The kinds that can be followed: those with lists of their own, no parts of others."""
    return {ctype.kind: ctype for ctype in items.types() if ctype.navigation and not ctype.part_of}


def parse(text: str) -> Filter:
    """Read a filter. Raises BadFilter."""
    return checked(parse_qsl(text.strip().lstrip("?"), keep_blank_values=False))


def checked(pairs: Iterable[tuple[str, str]]) -> Filter:
    """A filter of (name, value); kinds by their word or their name. Raises BadFilter."""
    found: Filter = {}
    kinds = {word: kind for kind, ctype in followable().items() for word in (kind, ctype.path)}
    topics = {word: concept.slug for concept in reversed(items.concepts()) for word in concept.words}
    topics |= {fold(concept.slug): concept.slug for concept in items.concepts()}
    for name, value in pairs:
        if name not in NAMES:
            raise BadFilter(name, gettext("A filter knows %(known)s, not “%(name)s”.", known=", ".join(NAMES), name=name[:40]))
        value = value.strip()
        if name == "topic":  # names and synonyms of our topics will do, too
            value = topics.get(fold(value), value)
        if name == "kind" and value not in kinds:
            known = ", ".join(ctype.path for ctype in followable().values())
            raise BadFilter(name, gettext("There is no kind “%(name)s” here. Choose of: %(known)s.", name=value[:40], known=known))
        if name != "kind" and not re.fullmatch(FORMS[name], value):
            told = gettext("“%(value)s” is not an address word: use letters, digits and hyphens, as in urban-gardens.", value=value[:40])
            raise BadFilter(name, told)
        if name == "lang" and value not in items.site()["languages"]:
            known = ", ".join(items.site()["languages"])
            raise BadFilter(name, gettext("This site has no language “%(code)s”. Choose of: %(known)s.", code=value, known=known))
        value = kinds[value] if name == "kind" else value.upper() if name == "place" and re.fullmatch("[A-Za-z]{2}", value) else value
        if value not in found.setdefault(name, []):
            found[name].append(value)
        if len(found[name]) > MOST:
            raise BadFilter(name, gettext("At most %(most)s values of one name.", most=MOST))
    return found


def wants(wanted: Mapping[str, list[str]], kind: str) -> bool:
    """Whether entries of a kind are followed at all."""
    return kind in followable() and (not wanted.get("kind") or kind in wanted["kind"])


def languages(wanted: Mapping[str, list[str]]) -> list[str]:
    """The languages in which texts are taken over."""
    return [code for code in items.site()["languages"] if not wanted.get("lang") or code in wanted["lang"]]


def matches(wanted: Mapping[str, list[str]], item: Mapping[str, Any], topics: Iterable[str]) -> bool:
    """Whether an entry (checked, as its hub gives it) is followed. topics: its topics there with the broader ones, and ours."""
    if wanted.get("topic") and not set(topics) & set(wanted["topic"]):
        return False
    if wanted.get("place"):
        places = {str(part) for place in item["places"] for part in (place.get("country"), place.get("slug")) if part}
        if not places & set(wanted["place"]):
            return False
    return bool(set(item["texts"]) & set(languages(wanted)))
