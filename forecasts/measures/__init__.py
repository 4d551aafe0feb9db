"""What the numbers mean: blocs, vintage, frontier, gap and its definitions."""
