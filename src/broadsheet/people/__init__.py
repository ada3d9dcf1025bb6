"""Who reads here: accounts, the ways to come in, and what each may do."""

from broadsheet.people.people import People, ThingsOfReaders

__all__ = ["People", "ThingsOfReaders"]
