from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import pytest

# Fills the heap below one small block that stays, lets go, and says what the process takes, in MiB.
HOLDING = """
import re
from broadsheet.jobs import heap

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) >> 10

heap.share()
blocks = [bytearray(60_000) for _ in range(4000)]
last = bytearray(60_000)
full = resident()
del blocks
held = resident()
heap.give_back()
print(full, held, resident())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the arenas are those of Linux's allocator")
def test_what_lies_free_below_a_block_in_use_goes_back_to_the_system():
    said = subprocess.run([sys.executable, "-c", HOLDING], capture_output=True, text=True, check=True)
    full, _, left = map(int, said.stdout.split())
    assert full - left > 200


def test_another_allocator_is_left_alone(monkeypatch):
    from broadsheet.jobs import heap

    monkeypatch.setattr(sys, "platform", "darwin")
    heap.share()
    heap.give_back()
    assert heap._glibc() is None


def test_what_a_server_begins_with_is_not_looked_through_again():
    """Counted by the collector itself; what comes later is collected as ever."""
    from broadsheet.jobs import heap

    frozen = gc.get_freeze_count()
    try:
        heap.settle()
        assert gc.get_freeze_count() > frozen + 10_000
        assert len(gc.get_objects()) < 10_000
        watched = weakref.ref(made := type("Made", (), {})())
        made.itself = made
        del made
        gc.collect()
        assert watched() is None
    finally:
        gc.unfreeze()
