"""The WorkOS API over httpx: client, models, errors, rate limit. Knows no CSV."""
