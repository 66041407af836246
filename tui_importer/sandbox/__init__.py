"""An embedded stand-in for the WorkOS API: a real HTTP server on loopback."""
