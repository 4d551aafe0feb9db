"""What writes to the store: log, correct, import, and the checks before."""
