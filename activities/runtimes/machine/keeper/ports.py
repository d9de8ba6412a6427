"""The port of an instance: on loopback, its own, and the same as long as nobody else has taken it."""
import contextlib
import socket

from place import read_json, write_json

# Below the ports that kernels give to whoever asks for any.
FIRST, LAST = 20_000, 32_700
# Agents listen at a few ports above their own.
APART = 20


def known_port(place, instance_id):
    return (read_json(place.instance(instance_id, 'port.json')) or {}).get('port')


def port_for(place, instance_id):
    with place.common_lock('ports'):
        mine = known_port(place, instance_id)
        if mine and is_free(mine):
            return mine
        taken = {known_port(place, other) for other in place.instance_ids() if other != instance_id}
        for port in range(first_for(place), LAST, APART):
            if port not in taken and port != mine and is_free(port):
                write_json(place.instance(instance_id, 'port.json'), {'port': port})
                return port
        raise OSError('No port is free.')


def first_for(place):
    """Two folders on one machine begin at different places, so that they rarely meet."""
    places = (LAST - FIRST) // APART
    return FIRST + int(place.key[:6], 16) % (places // 2) * APART


def is_free(port):
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(('127.0.0.1', port))
            return True
    return False
