"""Recovery codes of the second factor: whoever signs in with one is told how many are left, on the page and by mail."""

from __future__ import annotations

from typing import Any

from flask import Flask, flash, request

from hub.api import User, accounts, gettext, ngettext
from hub.api import lazy_gettext as _


def told(app: Flask, user: User, **more: Any) -> None:
    """Somebody is signed in (a signal). The mail is for the owner of a code that a stranger has found."""
    if request.endpoint != "security.mf_recovery":
        return
    left = len(user.mf_recovery_codes or [])
    flash(
        ngettext("You have %(num)s recovery code left.", "You have %(num)s recovery codes left.", left) if left
        else gettext("That was your last recovery code. Make new ones now:"), "codes",
    )  # fmt: skip
    accounts.write(user.email, user.language, "people/spare_notice", _("A recovery code was used"), user=user, left=left)
