"""A network between namespaces, as a program: each gets a device of its own, whose frames arrive later, and no faster than a rate.

For kernels without netem. Frames cross in one piece up to 64 KB (segmentation offload), so that it costs little of the cores it shares.

    python3 link.py RATE DELAY DEVICE...     bits a second, seconds each way; prints a line when the devices are there, ends with its input
"""

import fcntl
import heapq
import os
import select
import struct
import sys
import time

TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
CHECKSUMS_AND_SEGMENTS = 0x01 | 0x02 | 0x04
# Bytes before the frame, in which the kernel speaks of offload.
HEADER = 10
LONGEST = 70_000
# Seconds that frames wait for their turn to be sent, at most; later ones are lost, as in a switch.
PATIENCE = 0.05


def device(name):
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(file, TUNSETOFFLOAD, CHECKSUMS_AND_SEGMENTS)
    return file


def receivers(frame, source, ports, places):
    """The port where the frame's address was last seen; all others for one that is not known, or for everyone."""
    address, own = frame[HEADER : HEADER + 6], frame[HEADER + 6 : HEADER + 12]
    places[own] = source
    port = places.get(address)
    return [other for other in ports if other != source] if port is None else [port]


def run(bits_per_second, delay, names):
    ports = [device(name) for name in names]
    print("ready", flush=True)
    # When a port will have sent, or received, what is on its way, in seconds of time.monotonic.
    sent, received = dict.fromkeys(ports, 0.0), dict.fromkeys(ports, 0.0)
    places, waiting, count = {}, [], 0
    while True:
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([*ports, sys.stdin], [], [], timeout)
        if sys.stdin in ready:
            return
        now = time.monotonic()
        for source in ready:
            frame = os.read(source, LONGEST)
            duration = 8 * (len(frame) - HEADER) / bits_per_second
            if sent[source] - now > PATIENCE:
                continue
            sent[source] = max(now, sent[source]) + duration
            for port in receivers(frame, source, ports, places):
                if received[port] - now > PATIENCE:
                    continue
                received[port] = max(sent[source], received[port] + duration)
                count += 1
                heapq.heappush(waiting, (received[port] + delay, count, port, frame))
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, port, frame = heapq.heappop(waiting)
            try:
                os.write(port, frame)
            except OSError:
                # The device is down, or its namespace gone: the frame is lost.
                pass


if __name__ == "__main__":
    run(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
