"""Pages about money: the customer's and finance's."""
