"""Systems Manager's public parameters."""
