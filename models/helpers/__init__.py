"""Pure statistics: arrays in, fitted objects and draws out."""
