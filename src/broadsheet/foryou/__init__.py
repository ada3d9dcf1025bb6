"""A reader's own feed: what is heard of a reader, learned from it, laid out, and told with its reasons."""

from broadsheet.foryou.foryou import Choice, ForYou, Page

__all__ = ["Choice", "ForYou", "Page"]
