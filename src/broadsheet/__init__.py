"""Broadsheet: a daily paper of research papers that people run themselves.

>>> import broadsheet
>>> house = broadsheet.open(":memory:")
>>> house.counts().papers
0
"""

__version__ = "0.1.0"
