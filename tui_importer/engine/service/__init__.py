"""The service behind the API: calls, retries, health, metrics, stops."""
