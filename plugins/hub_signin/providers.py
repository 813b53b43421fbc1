"""Asking somebody else who a person is: OpenID Connect (discovery, PKCE, nonce, signed answers), Yandex ID, VK ID.

Every request goes through the guarded client; inner addresses have to be allowed in `[net] allow` as for feeds.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from flask import current_app
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.api import NetError, fetch, setting

SIGNED = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]  # never "none", never a shared secret
PRESETS = {
    "yandex": {
        "authorize": "https://oauth.yandex.ru/authorize", "token": "https://oauth.yandex.ru/token",
        "about": "https://login.yandex.ru/info?format=json", "scope": "login:email login:info",
    },
    "vk": {
        "authorize": "https://id.vk.com/authorize", "token": "https://id.vk.com/oauth2/auth",
        "about": "https://id.vk.com/oauth2/user_info", "scope": "email",
    },
}  # fmt: skip
LABELS = {"yandex": "Яндекс ID", "vk": "VK ID"}


class Failed(Exception):
    """The other side refused, or its answer cannot be trusted; the text is for the log and names no person."""


class Cancelled(Failed):
    """The person said no over there."""


@dataclass(frozen=True)
class Person:
    """Who signed in over there. email: empty where it did not say that the address is checked."""

    subject: str
    email: str
    name: str


def configured() -> dict[str, str]:
    """The providers that have all their settings: name → label."""
    found = {
        name: LABELS[name] for name in PRESETS if setting(f"signin.{name}_client") and setting(f"signin.{name}_secret")
    }
    if setting("signin.oidc_issuer") and setting("signin.oidc_client"):
        found["oidc"] = setting("signin.oidc_label") or "OpenID Connect"
    return found


def begin(provider: str, back: str) -> tuple[str, dict[str, str]]:
    """The address to send a person to, and what to remember until they come back. Raises Failed."""
    kept = {"provider": provider, "state": secrets.token_urlsafe(24), "nonce": secrets.token_urlsafe(24),
            "verifier": secrets.token_urlsafe(48)}  # fmt: skip
    place = _place(provider)
    asked = {
        "response_type": "code", "client_id": setting(f"signin.{provider}_client"), "redirect_uri": back, "scope": place["scope"],
        "state": kept["state"], "code_challenge": create_s256_code_challenge(kept["verifier"]), "code_challenge_method": "S256",
    }  # fmt: skip
    if provider == "oidc":
        asked["nonce"] = kept["nonce"]
    mark = "&" if "?" in place["authorize"] else "?"
    return f"{place['authorize']}{mark}{urlencode(asked)}", kept


def finish(kept: Mapping[str, str], answer: Mapping[str, str], back: str) -> Person:
    """Who came back. Raises Failed."""
    provider = kept["provider"]
    ours = secrets.compare_digest(kept["state"].encode(), answer.get("state", "").encode())
    if ours and answer.get("error") == "access_denied":
        raise Cancelled("the person said no")
    if not ours or not answer.get("code"):
        raise Failed("the answer does not belong to what was asked")
    place = _place(provider)
    wanted = {
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": back, "code_verifier": kept["verifier"],
        "client_id": setting(f"signin.{provider}_client"), "client_secret": setting(f"signin.{provider}_secret"),
    }  # fmt: skip
    if provider == "vk":
        wanted |= {"device_id": answer.get("device_id", ""), "state": kept["state"]}
    tokens = _post(place["token"], {name: value for name, value in wanted.items() if value})
    if provider == "oidc":
        return _by_id_token(place, tokens, kept["nonce"])
    return _by_asking(provider, place, str(tokens.get("access_token") or ""))


def _place(provider: str) -> dict[str, str]:
    if provider != "oidc":
        return PRESETS[provider]
    issuer = str(setting("signin.oidc_issuer")).rstrip("/")
    card = _json("GET", f"{issuer}/.well-known/openid-configuration")
    if str(card.get("issuer", "")).rstrip("/") != issuer:
        raise Failed("the issuer calls itself otherwise")
    try:
        return {
            "issuer": card["issuer"], "authorize": card["authorization_endpoint"], "token": card["token_endpoint"],
            "keys": card["jwks_uri"], "scope": "openid email profile",
        }  # fmt: skip
    except KeyError as error:
        raise Failed(f"its configuration lacks {error}") from None


def _by_id_token(place: dict[str, str], tokens: Mapping[str, Any], nonce: str) -> Person:
    client = setting("signin.oidc_client")
    try:
        keys = KeySet.import_key_set(_json("GET", place["keys"]))  # type: ignore[arg-type]
        token = jwt.decode(str(tokens.get("id_token") or ""), keys, algorithms=SIGNED)
        wanted = {"iss": {"essential": True, "value": place["issuer"]}, "aud": {"essential": True, "value": client}}
        params = {"nonce": nonce, "client_id": client, "access_token": tokens.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, wanted, params)
        claims.validate(leeway=60)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Failed(f"its id token is not valid: {type(error).__name__}") from None
    email = claims.get("email", "") if claims.get("email_verified") in (True, "true") else ""
    return Person(str(claims["sub"]), str(email), str(claims.get("name") or ""))


def _by_asking(provider: str, place: dict[str, str], token: str) -> Person:
    if provider == "yandex":
        about = _json("GET", place["about"], headers={"Authorization": f"OAuth {token}"})
        return _person(about.get("id"), about.get("default_email"), about.get("real_name") or about.get("display_name"))
    answer = _post(place["about"], {"access_token": token, "client_id": setting("signin.vk_client")})
    about = answer.get("user") or {}
    names = (about.get("first_name"), about.get("last_name"))
    return _person(about.get("user_id"), about.get("email"), " ".join(str(name) for name in names if name))


def _person(subject: Any, email: Any, name: Any) -> Person:
    if not subject:
        raise Failed("it does not say who this is")
    return Person(str(subject), str(email or ""), str(name or ""))


def _post(url: str, form: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return _json("POST", url, headers=headers, content=urlencode(form).encode())


def _json(method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        allow = current_app.extensions["hub"].settings.net.allow
        reply = fetch(url, method=method, allow=allow, hops=0, deadline=10, max_bytes=500_000, **options)
        found = json.loads(reply.body)
    except (NetError, ValueError) as error:
        raise Failed(f"it does not answer as it should: {error}") from None
    if reply.status != 200 or not isinstance(found, dict):
        raise Failed(f"it answered {reply.status}")
    return found
