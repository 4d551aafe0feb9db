"""What is measured on dated values: frontiers, gaps, and the links between index versions."""
