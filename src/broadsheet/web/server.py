"""Running the web face: uvicorn in front, the keeper of the indexes behind."""

from __future__ import annotations

import atexit
import logging
import logging.config
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from broadsheet.config import Settings
from broadsheet.exceptions import ConfigError
from broadsheet.web.gate import JsonLines

if TYPE_CHECKING:
    from fastapi import FastAPI

    from broadsheet.house import House

log = logging.getLogger("broadsheet.web")


def serve(
    house: House,
    host: str | None = None,
    port: int | None = None,
    *,
    worker: bool = True,
    json_log: bool = False,
    access_log: bool = True,
) -> None:
    """Serve the house until the process is asked to stop; requests under way are finished.

    Where the settings ask for several processes, these answer, and this one watches over them and works in
    the background. Raises OSError when the address cannot be listened on, and ConfigError for a house in
    memory, which no other process can see.

    host, port: by default those of the settings. worker: whether this process keeps the indexes up to date
    and runs the jobs. json_log: one JSON object a line, access lines with the request's id, instead of text.
    """
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from broadsheet.jobs import Worker, heap
    from broadsheet.jobs.runner import Runner
    from broadsheet.web.app import create_app
    from broadsheet.web.heads import Heads

    host = host or house.settings.host
    port = house.settings.port if port is None else port
    workers = house.settings.workers
    database = house.store.database
    if workers > 1 and database.is_sqlite and database.path is None:
        raise ConfigError(f"BROADSHEET_WORKERS: a house in memory is served by one process, got {workers}")
    heap.share()
    _try_to_listen(host, port)
    set_up_logging(json_log=json_log, access_log=access_log)
    apart = partial(_app, house.settings, house.read_only, json_log, access_log)
    config = uvicorn.Config(
        create_app(house) if workers == 1 else apart,
        factory=workers > 1,
        workers=workers,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # the gate writes it, with the request's id
        proxy_headers=False,  # the gate reads them, too, from the proxies in the settings
        server_header=False,
        timeout_graceful_shutdown=10,
        http=Heads,
        ws="none",
    )
    heap.settle()
    works = worker and not house.read_only
    background = (Worker(house, note=house.store.jobs.note), Runner(house)) if works else ()
    for thread in background:
        thread.start()
    try:
        if workers == 1:
            uvicorn.Server(config).run()
        else:
            with _reserved(host, port) as listening:
                Multiprocess(config, [listening or config.bind_socket()]).run()
    finally:
        for thread in reversed(background):
            thread.stop()


def _app(settings: Settings, read_only: bool, json_log: bool, access_log: bool) -> FastAPI:
    """The app of one of several processes, with a house of its own."""
    from broadsheet.house import House
    from broadsheet.jobs import heap
    from broadsheet.web.app import create_app

    heap.share()
    set_up_logging(json_log=json_log, access_log=access_log)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    house = House(settings, read_only=read_only)
    atexit.register(house.close)
    app = create_app(house)
    heap.settle()
    return app


def _end_with_parent() -> None:
    """End when the process that watches over this one has gone, in whatever way.

    Who is left alone would go on answering, beside the next server at the same address.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


class _Listening(socket.socket):
    """A socket at an address, of which each process has its own: handed to another, it is a new one there.

    Of a shared one whoever wakes first takes all connections that wait, and browsers keep theirs: one process
    would do the work of all. Between sockets of their own the kernel deals the connections out.
    """

    def __init__(self, family: int, address: Any) -> None:
        super().__init__(family)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.bind(address)

    def __reduce__(self) -> tuple[type[Self], tuple[int, Any]]:
        return type(self), (self.family, self.getsockname())


@contextmanager
def _reserved(host: str, port: int) -> Iterator[socket.socket | None]:
    """The address for the processes, held while they come and go; None where the kernel does not deal out."""
    if sys.platform != "linux":
        yield None
        return
    with _Listening(socket.AF_INET6 if ":" in host else socket.AF_INET, (host, port)) as held:
        log.info("serving on http://%s:%d", f"[{host}]" if ":" in host else host, held.getsockname()[1])
        yield held


def _try_to_listen(host: str, port: int) -> None:
    """Say early, and in one line, what uvicorn would say late and in many."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        said = str(error.strerror or error).partition(" (while")[0]
        reason = f"{said}; another can be chosen with --host and --port"
        raise OSError(error.errno, reason, f"{host}:{port}") from None


def set_up_logging(*, json_log: bool, access_log: bool) -> None:
    """Send our log and uvicorn's to standard error."""
    text = {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    handled = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": JsonLines} if json_log else text},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "loggers": {
                "uvicorn": handled,
                "uvicorn.access": {"handlers": [], "propagate": False},  # it would write secrets of links
                "broadsheet": handled,
                "broadsheet.access": {**handled, "level": "INFO" if access_log else "WARNING"},
            },
        }
    )
