"""The way to the API: proxies, certificates, and their faults."""
