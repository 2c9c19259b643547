"""The container registry: pushing to it, and looking into it."""
