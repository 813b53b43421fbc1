"""Players of video sites: which address plays a video inside the page, and that a page may open nothing but its own player."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from flask import g, has_request_context

HOSTS = {  # host → how the address of its player is made from that of the video's page
    "www.youtube-nocookie.com": "https://www.youtube-nocookie.com/embed/", "rutube.ru": "https://rutube.ru/play/embed/",
    "vk.com": "https://vk.com/video_ext.php",
}  # fmt: skip
# PeerTube runs at any address; its videos are known by the form of the path: a UUID, or one in 22 characters.
PEERTUBE = re.compile(r"(?:w|videos/(?:watch|embed))/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[1-9A-HJ-NP-Za-km-z]{22})")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*")


def embed(url: str) -> str:
    """The address of the player for a video's page, of the sites that are known; else empty (a link leads there)."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").removeprefix("www.").removeprefix("m."), parts.port
    except ValueError:
        return ""
    path = parts.path.strip("/")
    words = path.split("/")
    if host == "youtu.be" and words[0]:
        return HOSTS["www.youtube-nocookie.com"] + words[0]
    if host == "youtube.com":
        name = parse_qs(parts.query).get("v", [""])[0] or (
            words[1] if words[0] in ("live", "embed") and len(words) > 1 else ""
        )
        return HOSTS["www.youtube-nocookie.com"] + name if name else ""
    if host == "rutube.ru" and words[0] == "video" and len(words) > 1:
        return HOSTS["rutube.ru"] + words[1]
    if host in ("vk.com", "vkvideo.ru") and words[0].startswith("video") and "_" in words[0]:
        owner, _, number = words[0].removeprefix("video").partition("_")
        return f"{HOSTS['vk.com']}?oid={owner}&id={number}"
    video = PEERTUBE.fullmatch(path)
    if video and parts.scheme == "https" and port in (None, 443) and HOST.fullmatch(parts.hostname or ""):
        return f"https://{parts.hostname}/videos/embed/{video[1]}"
    return ""


def allow(*addresses: str) -> None:
    """The page that is being made may open these players, and no others."""
    if has_request_context():
        known = {f"https://{urlsplit(address).hostname}" for address in addresses if address}
        g.events_players = sorted(known | set(g.get("events_players", ())))


def allowed() -> list[str]:
    """The origins of the players of the page that is being made."""
    return list(g.get("events_players", ())) if has_request_context() else []


def moment(url: str, at: str) -> str:
    """The address of a recording from a moment on, of the sites that can; else empty."""
    seconds = 0
    for part in at.split(":"):
        if not part.strip().isdigit():
            return ""
        seconds = seconds * 60 + int(part)
    player = embed(url)
    if not player:
        return ""
    if "/videos/embed/" in player:
        return f"{url}{'&' if '?' in url else '?'}start={seconds}s"
    return f"{url}{'&' if '?' in url else '?'}t={seconds}{'s' if 'youtu' in (urlsplit(url).hostname or '') else ''}"
