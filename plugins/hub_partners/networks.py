"""Social networks by the host of an address: a page is shown under the network's name, not under its host."""

from urllib.parse import urlsplit

NAMES = {
    "vk.com": "VK", "vk.ru": "VK", "t.me": "Telegram", "telegram.me": "Telegram", "ok.ru": "OK", "max.ru": "MAX",
    "rutube.ru": "RUTUBE", "dzen.ru": "Dzen", "youtube.com": "YouTube", "youtu.be": "YouTube", "vimeo.com": "Vimeo",
    "facebook.com": "Facebook", "instagram.com": "Instagram", "linkedin.com": "LinkedIn", "x.com": "X", "twitter.com": "X",
    "tiktok.com": "TikTok", "bsky.app": "Bluesky", "mastodon.social": "Mastodon", "wa.me": "WhatsApp", "github.com": "GitHub",
}  # fmt: skip


def network(url: str) -> str:
    """The name of the network a page stands in, or ""."""
    host = (urlsplit(url).hostname or "").lower()
    for prefix in ("www.", "m."):
        host = host.removeprefix(prefix)
    return NAMES.get(host, "")
