"""Formats of files, whoever publishes them."""
