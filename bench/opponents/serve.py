"""The opponent's side of the harness in Python, as serve.mjs is in JavaScript; the answer is the least time of a step."""

import json
import sys
import time


def answer(message):
    print("@bench " + json.dumps(message), flush=True)


def serve(settings, step):
    for _ in range(3):
        step()
    answer({"ready": {"settings": settings}})
    for line in sys.stdin:
        end, least = time.perf_counter() + json.loads(line)["seconds"], float("inf")
        while time.perf_counter() < end:
            start = time.perf_counter()
            step()
            least = min(least, time.perf_counter() - start)
        answer({"secondsPerStep": least})
