"""From two frontiers to joint draws, quantiles and closing."""
