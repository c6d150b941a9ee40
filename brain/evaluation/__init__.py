"""`make evaluate`: how well the brain understands, on public sets and on our own, with a report."""
