"""The plugin host: discover, check, load, switch on and off. A bad plugin is a red row, not a dead site."""
