"""What papers are about: readers' tags, categories that had to be guessed, topics, and a map of them."""

from broadsheet.subjects.subjects import Subjects

__all__ = ["Subjects"]
