"""What the switchboard knows of the brain: its HTTP contract and whether it answers."""
