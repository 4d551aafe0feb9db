"""The append-only set of observations: schema, Parquet segments, and what they say now."""
