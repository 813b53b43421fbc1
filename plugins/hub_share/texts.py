"""The text of a post: title, two sentences, address; one per language that the item has."""

from __future__ import annotations

from hub.api import Item, excerpt, items


def text(item: Item, language: str) -> str:
    """What is posted of an item in one of its languages."""
    words = item.all_texts[language]
    address = items.absolute(item.url_in(language))
    lines = [words["title"], excerpt(words["summary"] or (item.excerpt if language == item.lang else ""), 280), address]
    return "\n\n".join(line for line in lines if line)


def texts(item: Item) -> list[tuple[str, str]]:
    """(language, text) ready to be posted elsewhere."""
    return [(code, text(item, code)) for code in item.languages]
