from broadsheet.search.search import Hit, Results, Search, SearchHealth

__all__ = ["Hit", "Results", "Search", "SearchHealth"]
