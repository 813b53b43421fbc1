"""The whole public hub as plain files: every page in every language, every data shape, a small search; no server needed.

`addresses` says which address is which file, `fetching` asks the hub for everything that is in the copy, `pages` makes a page
one that stands alone, `finding` the search, `writing` puts the files down and looks for dead links.
"""
