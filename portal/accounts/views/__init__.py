"""Pages about people and customers."""
