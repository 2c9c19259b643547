"""Whether services answer now, asked from outside and told by their tasks, and how often they did by month."""
