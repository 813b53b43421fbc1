"""Why something was refused, in plain words."""

from __future__ import annotations

from hub.api import lazy_gettext as _

REASONS = {
    "unsigned": _("It was not signed, or not in a way that is known here."),
    "parts": _("The signature does not cover what it must."),
    "host": _("It was meant for another site."),
    "date": _("Its date lies more than an hour from now."),
    "digest": _("Its text is not the one that was signed."),
    "forged": _("The signature was not made with the sender's key."),
    "again": _("It was sent a second time."),
    "foreign": _("It names an address or a key of another site."),
    "actor": _("The sender could not be looked up."),
    "key": _("The sender's key is of no use: too short, too long or of another kind."),
    "address": _("It names an address to which the hub does not go."),
    "blocked": _("Its host is blocked."),
    "kind": _("It was neither a follow nor the end of one."),
    "form": _("It could not be read."),
    "big": _("It was larger than 64 KB."),
    "busy": _("Too much came at once; the server was asked to come again."),
    "full": _("No more followers are taken."),
}


def reason(word: str) -> str:
    """Why something was refused, as a sentence."""
    return str(REASONS.get(word, word))
