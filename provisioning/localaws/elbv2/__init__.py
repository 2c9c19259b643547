"""Load balancing of our own behind MiniStack's stores: targets and their health, listener rules, and traffic."""
