"""A finished project becomes a practice: a draft in every language it has, and the adoption of its model, in one step."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale

from hub.api import Content, ask, content_type, gettext, items
from hub_exchange import project


def is_one(content: Content) -> bool:
    """Whether a practice has been made of a project; also a draft, which readers are not led to."""
    return any(link.relation == "became" for link in content.links)


def ready(content: Content) -> bool:
    """Whether a project can become a practice: it is finished, is none yet, and there is a library of practices."""
    public = content.status == "published" and content.data.get("stage") == "finished" and not content.elsewhere
    return public and not is_one(content) and content_type("case") is not None


def draft(content: Content, author_id: int) -> tuple[Content, int]:
    """Make the draft and offer the adoptions; answers it and how many practices were told. Who calls commits.

    Practices decide themselves about an adoption, like about one that a reader sends. Where nobody answers the hook
    `offer_adoption`, the draft still says by its relation what it was taken over from.
    """
    doc = items.read(content)
    repeated = doc["links"].get("case", [])
    texts = {code: _text(content, code, text) for code, text in doc["texts"].items() if text.get("status") != "draft"}
    case = items.create("case", {
        "texts": texts, "topics": doc["topics"], "places": doc["places"], "example": doc["example"], "licence": doc["licence"],
        "links": {"holder": doc["links"].get("holder", []), "based_on": repeated[:1]},
        "data": {name: doc["data"][given] for given, name in (("begins", "start"), ("ends", "end")) if doc["data"].get(given)},
        "source_name": next(iter(texts.values()))["title"],
    }, author_id=author_id)  # fmt: skip
    told = [uid for uid in repeated if ask("offer_adoption", case=uid, adoption=_adoption(content, doc, author_id))]
    doc["links"]["became"] = [case.uid]
    items.save(content, doc, author_id=author_id, publish=True)
    return case, len(told)


def _text(content: Content, code: str, text: dict[str, Any]) -> dict[str, Any]:
    """One language of the draft: what the project was about, who brought what, the steps."""
    [item] = items.load([content.id], code, 2, links=True)
    with force_locale(code):
        parts = [gettext("Begun from the common project “%(title)s”.", title=text["title"]), text["body"]]
        for name, label in (("brings", gettext("Who brought what")), ("steps", gettext("How it went"))):
            if said := project.lines(item.all_texts[code]["fields"].get(name, "")):
                parts.append(f"## {label}\n\n" + "\n".join(f"- {line}" for line in said))
    body = "\n\n".join(part for part in parts if part)
    return {"title": text["title"], "summary": text["summary"], "body": body, "fields": {}}


def _adoption(content: Content, doc: dict[str, Any], author_id: int) -> dict[str, Any]:
    """A project as the hook `offer_adoption` takes it: "we did it too"."""
    lead = next(iter(doc["links"].get("holder", [])), None)
    partner = items.get("partner", lead) if lead else None
    names = {code: text["title"] for code, text in items.read(partner)["texts"].items()} if partner else {}
    live = {code: text for code, text in doc["texts"].items() if text.get("status") != "draft"}
    place: dict[str, Any] = next(iter(doc["places"]), {})
    [item] = items.load([content.id], items.site()["languages"][0])
    ended = content.ends_at or content.starts_at
    return {
        "stage": "adopted", "names": names or {code: text["title"] for code, text in live.items()},
        "texts": {code: text["summary"] for code, text in live.items() if text["summary"]}, "adopter": lead,
        "city": place.get("names") or {}, "country": place.get("country") or "", "lat": place.get("lat"), "lon": place.get("lon"),
        "year": ended.year if ended else None, "user_id": author_id, "offered_by": "exchange", "key": content.uid,
        "evidence": items.absolute(item.url),
    }  # fmt: skip
