"""A reader's own feed in the browser and for programs."""

from broadsheet.web.foryou import lab
from broadsheet.web.foryou.api import api
from broadsheet.web.foryou.pages import router

__all__ = ["api", "lab", "router"]
