"""Who: accounts, roles and permissions."""
