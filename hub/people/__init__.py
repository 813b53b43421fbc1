"""Who: accounts, roles and permissions."""

import sys

# Flask-Security loads authlib's client for Flask where it is installed; nothing here uses it, and it takes 9 MB and 0.1 s
sys.modules.setdefault("authlib.integrations.flask_client", None)  # type: ignore[arg-type]
