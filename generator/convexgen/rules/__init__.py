"""What a model must obey to become a Convex backend and its clients: rules, as data."""
