"""What proves that somebody speaks for an organisation: an address at the domain of its site, or a word on that site."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

from hub.api import NetError, fetch

META, FILE = "hub-claim", "/.well-known/hub-claim.txt"
# where everybody can have an address or a page, which therefore proves nothing
MAILERS = frozenset((
    "gmail.com", "googlemail.com", "mail.ru", "bk.ru", "list.ru", "inbox.ru", "internet.ru", "yandex.ru", "yandex.com", "ya.ru",
    "rambler.ru", "lenta.ru", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com", "proton.me",
    "protonmail.com", "gmx.de", "gmx.net", "web.de", "aol.com", "ukr.net", "tut.by", "vk.com",
))  # fmt: skip
SHARED = frozenset((
    "vk.com", "vk.ru", "t.me", "ok.ru", "max.ru", "facebook.com", "instagram.com", "youtube.com", "youtu.be", "rutube.ru",
    "dzen.ru", "x.com", "twitter.com", "tiktok.com", "linkedin.com", "linktr.ee", "taplink.cc", "sites.google.com",
    "docs.google.com", "google.com", "github.com", "wikipedia.org", "medium.com", "notion.site", "timepad.ru", "2gis.ru",
))  # fmt: skip


def host(address: str) -> str:
    """The host of an address in its technical form, without www; "" where there is none."""
    try:
        found = urlsplit(address).hostname or ""
        return found.encode("idna").decode().lower().removeprefix("www.") if found else ""
    except ValueError:
        return ""


def _is_shared(found: str) -> bool:
    """Whether a host is, or stands below, one where many have a page: m.vk.com is as little one's own as vk.com."""
    return any(found == name or found.endswith(f".{name}") for name in SHARED)


def own_domain(website: str) -> str:
    """The domain at which an address proves something; "" where the site stands with many others."""
    found = host(website)
    return "" if _is_shared(found) or found in MAILERS or "." not in found or found.replace(".", "").isdigit() else found


def by_mail(website: str, email: str) -> bool:
    """Whether an address stands at the domain of the organisation's site, or below it."""
    domain = own_domain(website)
    theirs = host(f"https://{email.rpartition('@')[2]}")
    return bool(domain) and theirs not in MAILERS and (theirs == domain or theirs.endswith(f".{domain}"))


def can_carry(website: str) -> bool:
    """Whether a word on this site would prove something."""
    return bool(host(website)) and not _is_shared(host(website))


def on_site(website: str, word: str) -> str:
    """Look for the word in the head of the page and in a file of the site: found, missing, elsewhere or unreachable."""
    root = urlsplit(website)._replace(path=FILE, query="", fragment="").geturl()
    answers = [_look(website, website, word, page=True), _look(root, website, word, page=False)]
    return next((a for a in ("found", "elsewhere", "missing") if a in answers), "unreachable")


def _look(address: str, website: str, word: str, *, page: bool) -> str:
    try:
        reply = fetch(address, max_bytes=2_000_000, deadline=10)
    except NetError as error:
        return "missing" if type(error).__name__ == "TooBig" else "unreachable"
    if host(reply.url) != host(website):
        return "elsewhere"
    if reply.status >= 400:
        return "missing"
    text = reply.body.decode("utf-8", "replace")
    return "found" if (word in _Head(text).words if page else word in text.split()) else "missing"


class _Head(HTMLParser):
    """The words of `<meta name="hub-claim" content="…">` before the body begins: what visitors write stands after it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.over = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.over = self.over or tag == "body"
        known = dict(attrs)
        if tag == "meta" and not self.over and known.get("name") == META and known.get("content"):
            self.words.append(str(known["content"]).strip())

    def handle_endtag(self, tag: str) -> None:
        self.over = self.over or tag == "head"
