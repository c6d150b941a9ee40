"""Sessions: their events, their machine, the guard, the router."""
