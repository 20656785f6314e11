"""Classroom: the dashboard for the phones of one network, with its address as a QR code."""

from __future__ import annotations

import io
import socket

import segno

PORT = 8501


def here() -> str:
    """The address of this machine in its network; its own where it has none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))  # UDP: this only asks which way would be taken
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def address(host: str, port: int) -> str:
    """Where the lessons are."""
    return f"http://{host}:{port}/learn"


def code(url: str) -> str:
    """A QR code for a terminal."""
    drawn = io.StringIO()
    segno.make(url, error="m").terminal(drawn, compact=True)
    return drawn.getvalue()


def picture(url: str) -> str:
    """A QR code as SVG, black on white."""
    return str(segno.make(url, error="m").svg_inline(scale=6, light="#ffffff", border=3))


def announce(url: str) -> str:
    """What is said before it serves."""
    return (
        f"\nLessons for everyone in this network: {url}\n\n{code(url)}\n"
        "Phones must be in the same network; a firewall must let this port in.\n"
    )
