"""Pages of support: customers' and engineers'."""
