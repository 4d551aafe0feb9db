"""What is measured of a scope: an index, its frontier, the gap."""
