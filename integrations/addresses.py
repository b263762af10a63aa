"""Which addresses are never called: link-local ones and those of metadata services. Pure."""

from __future__ import annotations

import ipaddress
import socket

_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
_METADATA_ADDRESSES = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "fd00:ec2::254", "192.0.0.192")))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is written as, in any of the forms that those who connect understand; None for a name."""
    try:
        found = ipaddress.ip_address(host.strip("[]").split("%", 1)[0])
    except ValueError:
        try:  # "2852039166" and "0xa9fea9fe" are addresses too
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return _inner(found) or found if isinstance(found, ipaddress.IPv6Address) else found


def leads_inside(host: str) -> bool:
    """Whether a name or address stands for what is never called."""
    found = address_of(host)
    if found is None:
        return host.rstrip(".").lower() in _METADATA_NAMES
    return found.is_link_local or found.is_unspecified or found.is_multicast or found in _METADATA_ADDRESSES


def _inner(found: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The address of the fourth version that one of the sixth carries."""
    if found in _NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour
