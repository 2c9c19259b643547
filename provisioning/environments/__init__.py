"""Environments: asked for, approved, tried again, deleted, and what their pages show."""
