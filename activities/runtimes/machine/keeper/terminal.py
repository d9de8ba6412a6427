"""A program on a terminal of its own: data both ways, messages for the size, and its exit code at the end."""
import contextlib
import fcntl
import json
import os
import pty
import signal
import struct
import termios
import threading

from beside import NOT_FOUND, end_group, environment_beside, find, prepare
from frames import DATA, MESSAGE


def run_terminal(place, instance_id, wanted, frames):
    environment, memory_bytes = environment_beside(place, instance_id)
    environment.setdefault('TERM', 'xterm-256color')
    command = wanted.get('command') or [shell()]
    pid, master = pty.fork()
    if pid == 0:
        become(command, place.instance(instance_id, 'state'), environment, memory_bytes)
    resize(master, wanted['columns'], wanted['rows'])
    frames.message({'ok': None})
    threading.Thread(target=listen, args=(frames, master, pid, environment), daemon=True).start()
    with contextlib.suppress(OSError):
        while part := os.read(master, 65536):
            frames.data(part)
    _, status = os.waitpid(pid, 0)
    end_group(pid, environment)
    code = os.waitstatus_to_exitcode(status) if hasattr(os, 'waitstatus_to_exitcode') else status >> 8
    return {'exitCode': code if code >= 0 else 128 - code}


def become(command, folder, environment, memory_bytes):
    try:
        prepare(memory_bytes)()
        os.chdir(folder)
        os.execve(find(command[0], environment), command, environment)
    except OSError as error:
        os.write(2, ('%s: %s\r\n' % (command[0], error.strerror)).encode())
    os._exit(NOT_FOUND)


def shell():
    return next(path for path in ('/bin/bash', '/bin/sh') if os.path.exists(path))


def resize(master, columns, rows):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


def listen(frames, master, pid, environment):
    """Until the line is gone: then the program is, too."""
    while (frame := frames.read()) is not None:
        kind, payload = frame
        with contextlib.suppress(OSError):
            if kind == MESSAGE:
                size = json.loads(payload.decode())
                resize(master, size['columns'], size['rows'])
                os.kill(pid, signal.SIGWINCH)
            elif kind == DATA:
                write_all(master, payload)
    end_group(pid, environment)


def write_all(descriptor, payload):
    while payload:
        payload = payload[os.write(descriptor, payload) :]
