"""By night: leased jobs, the mail outbox, rate limits and the guarded outgoing HTTP client. Knows no users."""
