"""supervisord: how it is started, once per machine's folder, and how it is asked."""
import contextlib
import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client

from faults import Fault
from mapping import SYSTEM_PATH
from place import take, write_whole
from processes import began

ANSWERS_WITHIN_SECONDS = 15


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        connection = http.client.HTTPConnection('localhost', timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(10)
        connection.sock.connect(self.path)
        return connection


def ask(place):
    """A connection of its own for each caller: they are threads."""
    return xmlrpc.client.ServerProxy('http://localhost/RPC2', transport=UnixTransport(place.socket())).supervisor


def infos_of(place):
    """What it knows of every program, by name; None where it does not run."""
    try:
        return {info['name']: info for info in ask(place).getAllProcessInfo()}
    except (OSError, http.client.HTTPException):
        return None


def ensure_supervisor(place):
    """Starts it where it does not run. The lock that it holds itself decides, so that there is never a second one."""
    infos = infos_of(place)
    if infos is not None:
        return infos
    with place.common_lock('supervisor'):
        deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
        while True:
            infos = infos_of(place)
            if infos is not None:
                return infos
            if time.monotonic() > deadline:
                raise Fault('cluster.unavailable', 'supervisord does not answer: ' + last_words(place))
            end_deaf(place)
            start(place)
            time.sleep(0.1)


def start(place):
    lock = take(place.path('run', 'supervisord.lock')) if place.folder('run') else None
    if lock is None:
        return
    os.close(lock)
    write_configuration(place)
    command = [sys.executable, '-E', '-s', place.keeper(), 'supervise', place.root]
    environment = {'PATH': os.environ.get('PATH', SYSTEM_PATH), 'HOME': place.root}
    with open(os.path.join(place.folder('logs'), 'supervisord.err'), 'ab') as errors:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env=environment, check=False)


def end_deaf(place):
    """One that runs without its socket (somebody cleaned up) can never be asked again. Its agents end with it."""
    if os.path.exists(place.socket()):
        return
    with contextlib.suppress(OSError, ValueError):
        with open(place.path('run', 'supervisord.lock'), encoding='ascii') as file:
            pid, since = file.read().split(' ', 1)
        if str(began(int(pid))) == since and time.time() - os.path.getmtime(file.name) > 5:
            os.kill(int(pid), signal.SIGTERM)


def run(place):
    """The body of the detached process. Its lock lives exactly as long as it does."""
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    lock = take(place.path('run', 'supervisord.lock'), inheritable=False)
    if lock is None:
        os._exit(3)
    os.ftruncate(lock, 0)
    os.write(lock, ('%d %s' % (os.getpid(), began(os.getpid()))).encode())
    sys.path.insert(0, os.readlink(place.path('supervisor')))
    from supervisor.supervisord import main

    sys.argv = ['supervisord', '-c', place.path('supervisord.conf')]
    main()


def write_configuration(place):
    open_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 4096 if open_files == resource.RLIM_INFINITY else min(4096, open_files)
    logs, escaped = place.folder('logs'), lambda path: path.replace('%', '%%')
    place.folder('conf.d')
    lines = [
        '[unix_http_server]',
        'file=' + escaped(place.socket()),
        'chmod=0700',
        '[supervisord]',
        'nodaemon=true',
        'minfds=%d' % wanted,
        'umask=077',
        'logfile=' + escaped(os.path.join(logs, 'supervisord.log')),
        'logfile_maxbytes=5MB',
        'logfile_backups=1',
        'childlogdir=' + escaped(logs),
        'pidfile=' + escaped(place.path('run', 'supervisord.pid')),
        '[rpcinterface:supervisor]',
        'supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface',
        '[include]',
        'files=' + escaped(place.path('conf.d', '*.conf')),
    ]
    write_whole(place.path('supervisord.conf'), '\n'.join(lines + ['']).encode())


def last_words(place):
    with contextlib.suppress(OSError):
        with open(place.path('logs', 'supervisord.err'), encoding='utf-8', errors='replace') as file:
            return file.read()[-500:].strip()
    return ''
