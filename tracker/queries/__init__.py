"""What reads the store and lists it."""
