"""Numbers as people read them."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """Two decimals, more for small numbers; a real minus sign; no negative zero."""
    if not math.isfinite(value):
        return "—"
    size = abs(value)
    digits = 2 if size >= 0.1 or size == 0 else min(6, 1 - math.floor(math.log10(size)))
    text = f"{size:,.{digits}f}"
    return f"−{text}" if value < 0 and float(text.replace(",", "")) else text


def fixed(value: float, digits: int = 2) -> str:
    """So many decimals, for the scores of the network; no negative zero."""
    if not math.isfinite(value):
        return "—"
    return f"{round(value, digits) or 0.0:,.{digits}f}".replace("-", "−")


def change(value: float) -> str:
    """F(x) - F(baseline): as many decimals as both of them."""
    text = fixed(value, 3)
    return f"+{text}" if 0 < round(value, 3) < math.inf else text


def signed(value: float) -> str:
    """A number that always shows its sign, but for zero."""
    text = number(value)
    return f"+{text}" if value > 0 and any(c in "123456789" for c in text) else text


def percent(share: float) -> str:
    """'63 %', '3.5 %' below ten, '< 0.1 %' for what would round to nothing; it never wraps."""
    if not math.isfinite(share):
        return "—"
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{share * 100:.0f} %" if share >= 0.0995 or share == 0 else f"{share * 100:.1f} %"
