"""Who: accounts, roles and permissions."""

import sys

# Flask-Security loads authlib's client for Flask where it is installed; it uses it for nothing here, and it takes 9 MB and 0.1 s
sys.modules.setdefault("authlib.integrations.flask_client", None)  # type: ignore[arg-type]
import flask_security  # noqa: E402, F401

if sys.modules["authlib.integrations.flask_client"] is None:  # plugins may use it
    del sys.modules["authlib.integrations.flask_client"]
