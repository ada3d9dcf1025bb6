"""How well papers are found: judged collections, every stage of search alone and together, and the price.

Nothing here serves a reader. A collection becomes papers in memory, indexed and searched by
`broadsheet.search` as in any house; beside the served search stand its stages, and what it is compared with.
"""
