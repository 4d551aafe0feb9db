"""How right forecasts were: scores, backtest, issued forecasts."""
