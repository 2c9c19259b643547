"""Customers' AWS accounts: connected, tested, changed."""
