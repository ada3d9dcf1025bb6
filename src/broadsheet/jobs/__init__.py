"""What runs in the background of a server: the indexes follow the store, and jobs run by the clock."""

from broadsheet.jobs.worker import Worker

__all__ = ["Worker"]
