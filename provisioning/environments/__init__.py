"""How an environment is planned, made and removed: each function is one short step, safe to repeat."""
