"""Changes of stacks: planned, approved, applied, rolled back, removed. Each step is short and safe to repeat."""
