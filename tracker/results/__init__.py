"""Results as documents and files for programs."""
