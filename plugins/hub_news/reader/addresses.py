"""Addresses in feeds: made whole, only http(s), without what serves to follow people; and a key under which two are one."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

TRACKING = re.compile(
    r"(utm_|mtm_|pk_|hsa_|vero_|oly_)\w*|(fb|gc|gb|dc|y|ym|tt|ms|wb|mc|tw|li|ob|rb)clid|gclsrc|mc_[ce]id|_hs(enc|mi)|igshid|"
    r"_openstat|from_?rss|wt_?mc|cmpid|ref_src|spm|ns_(campaign|source|mchannel)|xtor|yclid|etext",
    re.I,
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
LIMIT = 2000


@lru_cache(maxsize=4096)
def absolute(text: str, base: str = "") -> str:
    """An http(s) address with a host, whole and quoted; empty where it is none."""
    text = str(text or "").strip()
    if not text or len(text) > 4 * LIMIT:
        return ""
    try:
        parts = urlsplit(urljoin(base, text) if base else text)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            return ""
        host = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
        host = f"[{host}]" if ":" in host else host
        port = (
            f":{parts.port}"
            if parts.port and (parts.scheme.lower(), parts.port) not in (("http", 80), ("https", 443))
            else ""
        )
    except (ValueError, UnicodeError):
        return ""
    if _UNSAFE.search(host):
        return ""
    path, query, fragment = (
        quote(part, safe="/:@!$&'()*+,;=~%?[]-._") for part in (parts.path, parts.query, parts.fragment)
    )
    whole = urlunsplit((parts.scheme.lower(), host.lower() + port, path or "/", query, fragment))
    return whole if len(whole) <= LIMIT else ""


@lru_cache(maxsize=4096)
def without_trackers(url: str) -> str:
    """The address without the parameters that follow people; untouched where there are none."""
    if "?" not in url:
        return url
    parts = urlsplit(url)
    names = parse_qsl(parts.query, keep_blank_values=True)
    if not any(TRACKING.fullmatch(name) for name, _ in names):
        return url
    kept = urlencode([(name, value) for name, value in names if not TRACKING.fullmatch(name)])
    return urlunsplit(parts._replace(query=kept))


@lru_cache(maxsize=4096)
def key(url: str) -> str:
    """One form for all spellings of an address: no scheme, www, tracking, fragment, last slash; parameters sorted."""
    if not url:
        return ""
    parts = urlsplit(without_trackers(url))
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    host = parts.netloc.lower().removeprefix("www.").removeprefix("m.")
    return host + (parts.path.rstrip("/") or "") + (f"?{query}" if query else "")


def host(url: str) -> str:
    """The host (with a port that is not the usual one) of an address."""
    return urlsplit(url).netloc.lower()
