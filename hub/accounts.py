"""`hub.api.accounts`: people, for plugins about people. Everything writes in the session at hand; who calls commits."""

from __future__ import annotations

from hub.people.accounts import (
    FORMER,
    REGISTRATION,
    ROLES,
    Role,
    add_user,
    checked_address,
    find_user,
    prove_address,
    registration,
    reset_factors,
    set_active,
    set_role,
    sign_in,
)  # fmt: skip
from hub.people.codes import check as check_code
from hub.people.codes import send as send_code
from hub.people.codes import signed, unsigned
from hub.people.letters import write
from hub.people.partners import Representative, appoint, dismiss, partners_of, representatives
from hub.people.sessions import end_all as end_sessions

__all__ = [
    "FORMER", "REGISTRATION", "ROLES", "Representative", "Role", "add_user", "appoint", "check_code", "checked_address", "dismiss",
    "end_sessions", "find_user", "partners_of", "prove_address", "registration", "representatives", "reset_factors", "send_code",
    "set_active", "set_role", "sign_in", "signed", "unsigned", "write",
]  # fmt: skip
