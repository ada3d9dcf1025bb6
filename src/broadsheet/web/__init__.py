from broadsheet.web.server import serve

__all__ = ["serve"]
