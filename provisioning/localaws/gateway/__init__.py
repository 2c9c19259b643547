"""The front of the local AWS: what every request passes before MiniStack sees it."""
