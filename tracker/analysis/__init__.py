"""Long work on a workspace: backtests, issued forecasts."""
