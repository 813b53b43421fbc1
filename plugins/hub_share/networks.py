"""One post to one network: the request, and what its answer means. Knows no database.

Neither network is asked twice for what may have arrived, except VK, which knows a post again by its `guid` for an hour.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hub.api import NetError, fetch, gettext, setting

SECONDS = 20.0
VK_VERSION = "5.199"
# what VK answers: come later, and: this token, this community or these rights are of no use
VK_LATER, VK_STOP = {1, 6, 9, 10}, {5, 7, 14, 15, 17, 27, 28, 203, 214, 219}
FORGETS = 50 * 60  # seconds for which VK surely knows a post again by its guid


@dataclass(frozen=True)
class Outcome:
    """what: sent, later (in `wait` seconds), stop (nothing can be posted there), refused (this post), unclear."""

    what: str
    url: str = ""
    error: str = ""
    wait: float = 0.0


def channel(network: str, typed: str) -> str:
    """The channel as the network wants it, from what people write (also its address). Raises ValueError."""
    word = typed.strip().rstrip("/").rpartition("/")[2].lstrip("@")
    if network == "vk":
        number = word.removeprefix("club").removeprefix("public").lstrip("-")
        if not number.isdecimal() or not 0 < len(number) < 13:
            raise ValueError(gettext("Write the community's number, for example 123456 or vk.com/club123456."))
        return number
    if word.removeprefix("-").isdecimal() and len(word) < 20:
        return word
    if not (4 < len(word) < 33 and word.isascii() and word.replace("_", "").isalnum()):
        raise ValueError(
            gettext("Write the channel's name, for example @our_town, or its number, for example -1001234.")
        )
    return f"@{word}"


def address(network: str, name: str) -> str:
    """Where people see a channel; empty where it has no public address."""
    if network == "vk":
        return f"https://vk.com/club{name}"
    return f"https://t.me/{name[1:]}" if name.startswith("@") else ""


def send(network: str, name: str, text: str, key: str) -> Outcome:
    """Post a text. Never raises for what the network does, and no token is in what it answers."""
    token = setting(f"share.{network}_token")
    if not token:
        return Outcome("stop", error=gettext("There is no token: an administrator enters it in the settings."))
    found = _telegram(token, name, text) if network == "telegram" else _vk(token, name, text, key)
    return Outcome(found.what, found.url, found.error.replace(token, "…")[:500], found.wait)


def _telegram(token: str, name: str, text: str) -> Outcome:
    body = json.dumps({"chat_id": name, "text": text}, ensure_ascii=False).encode()
    url = f"{setting('share.telegram_api').rstrip('/')}/bot{token}/sendMessage"
    got = _post(url, body, "application/json")
    if isinstance(got, Outcome):
        return got
    status, answer = got
    said = str(answer.get("description") or f"HTTP {status}")
    if answer.get("ok") is True:
        number = (answer.get("result") or {}).get("message_id")
        return Outcome("sent", f"{address('telegram', name)}/{number}" if name.startswith("@") and number else "")
    if status == 429:
        wait = (answer.get("parameters") or {}).get("retry_after")
        return Outcome("later", error=said, wait=float(wait) if isinstance(wait, int | float) else 60.0)
    if answer.get("ok") is not False or status >= 500:
        return Outcome("unclear", error=said)
    here = status == 400 and "chat" not in said and "rights" not in said
    return Outcome("refused" if here else "stop", error=said)


def _vk(token: str, name: str, text: str, key: str) -> Outcome:
    values = {
        "owner_id": f"-{name}", "from_group": "1", "message": text, "guid": key, "access_token": token, "v": VK_VERSION
    }  # fmt: skip
    url = f"{setting('share.vk_api').rstrip('/')}/method/wall.post"
    got = _post(url, urlencode(values).encode(), "application/x-www-form-urlencoded")
    if isinstance(got, Outcome):
        return got
    status, answer = got
    if isinstance(response := answer.get("response"), dict):
        return Outcome("sent", f"https://vk.com/wall-{name}_{response.get('post_id')}")
    fault = answer.get("error")
    if not isinstance(fault, dict):
        return Outcome("unclear", error=f"HTTP {status}")
    code, said = fault.get("error_code"), str(fault.get("error_msg") or fault.get("error_code"))
    if code in VK_LATER:
        return Outcome("later", error=said, wait=900.0 if code == 9 else 60.0)
    return Outcome("stop" if code in VK_STOP else "refused", error=said)


def _post(url: str, body: bytes, mimetype: str) -> tuple[int, dict[str, Any]] | Outcome:
    """Status and JSON of an answer, or what it means that there is none."""
    try:
        reply = fetch(
            url, method="POST", content=body, headers={"content-type": mimetype}, hops=0, deadline=SECONDS, max_bytes=500_000,
            user_agent="hub-share",
        )  # fmt: skip
    except NetError as error:
        return Outcome("later" if _never_left(error) else "unclear", error=str(error), wait=300.0)
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = None
    return reply.status, found if isinstance(found, dict) else {}


def _never_left(error: NetError) -> bool:
    """Whether the network cannot have got the post: no connection stood when it failed (no name, no TLS, an inner address)."""
    cause = type(error.__cause__).__name__
    return type(error).__name__ == "Refused" or (
        type(error).__name__ == "Unreachable" and cause in ("NoneType", "ConnectError")
    )
