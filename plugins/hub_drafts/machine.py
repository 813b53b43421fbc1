"""Machine drafts: a job asks whoever answers `draft_translation`; here a LibreTranslate-compatible server, by settings.

Only texts that everybody may read once they are published leave the hub, and only when somebody presses the button.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from flask import g

from hub.api import (
    Check,
    Content,
    NetError,
    ask,
    content_type,
    enqueue,
    fetch,
    gettext,
    items,
    now,
    session,
    setting,
    writing,
)
from hub_drafts import memory, passages
from hub_drafts.models import Wish
from hub_drafts.units import units

DEADLINE, LARGEST = 25.0, 2_000_000


def translate(text: str, source: str, target: str) -> str | None:
    """One text by the server of the settings; None without one, and where it fails (`g.drafts_trouble` says why)."""
    address = str(setting("drafts.address")).rstrip("/")
    if not address:
        return None
    asked = {"q": text, "source": source, "target": target, "format": "text"}
    if setting("drafts.key"):
        asked["api_key"] = setting("drafts.key")
    try:
        reply = fetch(
            f"{address}/translate", method="POST", content=json.dumps(asked).encode(), deadline=DEADLINE,
            headers={"Content-Type": "application/json", "Accept": "application/json"}, max_bytes=LARGEST, hops=0,
        )  # fmt: skip
        answer: Any = json.loads(reply.body)
    except NetError as error:
        g.drafts_trouble = str(error)
        return None
    except ValueError:
        g.drafts_trouble = gettext("The answer is not JSON (status %(status)s).", status=reply.status)
        return None
    found = answer.get("translatedText") if isinstance(answer, dict) else None
    if reply.status != 200 or not isinstance(found, str):
        said = answer.get("error") if isinstance(answer, dict) else ""
        g.drafts_trouble = str(said or gettext("status %(status)s", status=reply.status))[:300]
        return None
    return found


def wish(content: Content, lang: str, source: str) -> None:
    """Ask for drafts of what the memory does not know; a worker makes them."""
    session().merge(Wish(content_id=content.id, lang=lang, source=source, state="waiting", note="", found={}, at=now()))
    enqueue(
        session(), "drafts.machine", dedupe=f"drafts.machine:{content.id}:{lang}", number=content.id, lang=lang,
        source=source,
    )  # fmt: skip


def make(number: int, lang: str, source: str) -> None:
    """The job: translate the passages one text is made of, and keep them beside it."""
    content = session().get(Content, number)
    ctype = content_type(content.kind) if content is not None else None
    if content is None or ctype is None:
        return
    document = items.working_copy(content)[0]
    wanted = [p for unit in units(ctype, document, source, lang, 0) for p in passages.split(unit.source)]
    wanted = [
        p for p in dict.fromkeys(wanted) if not any(o.kind == "exact" for o in memory.offers(p, source, lang))
    ]  # fmt: skip
    session().rollback()  # nothing stays locked while another server thinks
    g.drafts_trouble = ""
    open_to_all = content.audience == "public" and document.get("audience", "public") == "public"
    found = _translated(wanted, source, lang) if open_to_all else {}
    note = "" if found or not wanted else g.drafts_trouble or gettext("Nobody offers machine drafts here.")
    with writing():
        session().rollback()
        values = {"state": "failed" if note else "done", "note": note[:300], "found": found, "at": now()}
        session().execute(sa.update(Wish).where(Wish.content_id == number, Wish.lang == lang).values(**values))
        session().commit()


def can() -> bool:
    """Whether the settings name a server."""
    return bool(setting("drafts.address"))


def check() -> list[Check]:
    """For `hub doctor`: did the last draft succeed?"""
    last = session().scalar(sa.select(Wish).where(Wish.state != "waiting").order_by(Wish.at.desc()).limit(1))
    if not can():
        return []
    if last is not None and last.state == "failed":
        told = gettext("The last machine draft failed: %(why)s", why=last.note)
        return [Check("machine drafts", "warning", told, gettext("Machine drafts"))]
    return [Check("machine drafts", "ok", label=gettext("Machine drafts"))]


def _translated(wanted: list[str], source: str, target: str) -> dict[str, str]:
    """Passages in one request where the answer keeps them apart, else one by one."""
    if not wanted:
        return {}
    whole = ask("draft_translation", text="\n\n".join(wanted), source=source, target=target)
    if whole is None:
        return {}
    parts = passages.split(whole)
    if len(parts) == len(wanted):
        return dict(zip(wanted, parts, strict=True))
    single = {p: ask("draft_translation", text=p, source=source, target=target) for p in wanted}
    return {p: text.strip() for p, text in single.items() if text and text.strip()}
