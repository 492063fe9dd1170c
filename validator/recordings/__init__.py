"""What was recorded, read into exchanges: a small reader per format, and a table that tells them apart by content."""
