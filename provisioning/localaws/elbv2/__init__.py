"""Load balancing behind MiniStack's stores."""
