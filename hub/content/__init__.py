"""What: the content spine and everything derived from it that knows no web page."""
