"""Trend models: two frontiers in, joint draws of both futures out. Arrays only."""
