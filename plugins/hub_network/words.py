"""How a hub is doing and what was refused, in plain words."""

from __future__ import annotations

from hub.api import gettext
from hub.api import lazy_gettext as _

ERRORS = {
    "refused": _("The address leads to a place where the hub does not go."),
    "unreachable": _("The server cannot be reached."),
    "slow": _("The answer took too long."),
    "big": _("The answer is larger than 8 MB."),
    "answer": _("The server's answer cannot be understood: is there a hub at this address?"),
    "key": _("It signs with another key than before: perhaps it was set up anew, perhaps somebody else answers in its place."),
    "forged": _("The answer is not signed with the key that it names."),
    "late": _("The signature of its answer is old, or lies in the future: is the clock right, here and there?"),
    "clock": _("It finds our signature too old, or in the future: is the clock of this server right?"),
    "unknown": _("It cannot make sense of our signature: does it call itself by the address at which it is followed?"),
    "blocked": _("It has blocked this hub: it does not answer us."),
    "log": _("Its list of changes makes no sense: numbers that do not rise, or no end where there should be one."),
    "endless": _("Its list of changes goes on without any change in it."),
    "much": _("It tells of more changes in a day than are read here; the rest waits until tomorrow."),
    "stored": _("What it says could not be saved; the log of the server says why."),
}
STATUS = {
    401: _("The server asks for a password."),
    403: _("The server refuses to answer us."),
    404: _("There is no hub at this address (404)."),
    410: _("The hub is closed for good (410)."),
    429: _("The server asks us to come less often (429)."),
    503: _("The server is busy or under repair (503)."),
}
REASONS = {
    "echo": _("It is an entry of this hub itself."),
    "not_own": _("It withdraws an entry of this hub, which is not its own."),
    "foreign": _("Its address lies on another site."),
    "forged": _("It names itself differently in two places."),
    "faults": _("Values that are needed are missing or wrong."),
    "unreadable": _("It cannot be read."),
    "row": _("Lines that are not changes."),
    "big": _("It is larger than 8 MB."),
    "full": _("No more entries of this hub are kept: the limit is reached."),
    "flips": _("It changes too often; it is looked at again tomorrow."),
    "language": _("It has no title in a language of this site."),
    "kind": _("Its kind is switched off here."),
    "audience": _("It is not for everybody, and is not shared with us."),
    "adoption": _("It says that it was taken over from here, in a way that cannot be passed on."),
}


def in_words(error: str, detail: str = "") -> str:
    """What is wrong, as a sentence; empty where nothing is."""
    if error == "status":
        code = int(detail) if detail.isdecimal() else 0
        return str(STATUS.get(code) or gettext("The server answers with the error %(code)s.", code=detail))
    if error == "moved":
        return gettext("The address leads to another site: %(url)s. Follow that one, if you trust it.", url=detail)
    return str(ERRORS.get(error, error))


def reason(word: str) -> str:
    """Why something was not taken, as a sentence."""
    return str(REASONS.get(word, word))
