"""The rooms visitors and editors see: pages, lists, forms, desk, feeds, web API, themes, languages, page cache."""
