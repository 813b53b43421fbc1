"""Who may open a page of the desk: every view says what right it needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, redirect, request, url_for

from hub.people import accounts, permissions

View = Callable[..., Any]


def signed_in(view: View) -> View:
    """A view only for people with an account; others are led to sign-in and back."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if accounts.current() is None:
            return redirect(url_for("security.login", next=request.script_root + request.full_path.rstrip("?")))
        return view(*args, **kwargs)

    guarded.hub_guarded = True  # type: ignore[attr-defined]
    return guarded


def needs(permission: str) -> Callable[[View], View]:
    """A decorator: the view is only for people with a permission."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not permissions.may(accounts.current(), permission):
                abort(403)
            return view(*args, **kwargs)

        return signed_in(guarded)

    return decorate


def is_guarded(view: View) -> bool:
    return bool(getattr(view, "hub_guarded", False))
