"""What readers do with papers together: vote, keep, discuss, follow, curate; and what trends for it."""

from broadsheet.community.community import Community

__all__ = ["Community"]
