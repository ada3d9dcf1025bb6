"""Mail in motion: subscriptions, composing what is due, and giving it to a mail server."""
