"""The index under which prices of models are kept."""

PRICE_INDEX = "AA price blended 3:1, USD per million tokens"
PRICE_VERSION = "USD"
