"""The durable record: an append-only event log with compare-and-set, on SQLite or PostgreSQL."""
