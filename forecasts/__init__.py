"""What the numbers mean: frontier, gap, lag, match intervals, closure and forecast."""
