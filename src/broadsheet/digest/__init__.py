"""A digest: what it tells, how it looks, how it is addressed and signed. Pure; nothing here is sent."""
