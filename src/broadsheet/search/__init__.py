from broadsheet.search.results import Hit, Results
from broadsheet.search.search import Search, SearchHealth

__all__ = ["Hit", "Results", "Search", "SearchHealth"]
