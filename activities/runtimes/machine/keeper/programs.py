"""The programs that supervisord runs, one for each instance."""
import contextlib
import os
import shlex
import signal
import sys
import xmlrpc.client

from place import names_in, write_whole
from processes import marks_of
from supervise import ask, infos_of

RUNNING = ('STARTING', 'RUNNING', 'BACKOFF')
NO_SUCH_NAME, ALREADY_STARTED, NOT_RUNNING, ALREADY_ADDED = 10, 60, 70, 90


@contextlib.contextmanager
def accepting(*codes):
    try:
        yield
    except xmlrpc.client.Fault as fault:
        if fault.faultCode not in codes:
            raise


def program_of(instance_id):
    return 'i-' + instance_id


def program_lines(place, instance_id, grace_seconds):
    """
    Always the same but for the grace: what the process is started with it reads itself (launch.py). `startsecs=0`: with
    more, an early exit 78 would be tried again. Started by us alone, because the record decides.
    """
    command = [sys.executable, '-E', '-s', place.path('keeper'), 'start', place.root, instance_id]
    log = os.path.join(place.instance(instance_id), 'logs', 'agent.log')
    marks = ','.join('%s="%s"' % pair for pair in marks_of(place, instance_id).items())
    lines = [
        '[program:%s]' % program_of(instance_id),
        'command=' + shlex.join(command).replace('%', '%%'),
        'autostart=false',
        'autorestart=unexpected',
        'exitcodes=78',
        'startsecs=0',
        'stopwaitsecs=%d' % grace_seconds,
        'killasgroup=true',
        'redirect_stderr=true',
        'stdout_logfile=' + log.replace('%', '%%'),
        'stdout_logfile_maxbytes=10MB',
        'stdout_logfile_backups=3',
        'environment=' + marks,
    ]
    return '\n'.join(lines + ['']).encode()


def start_program(place, instance_id, grace_seconds):
    """Only for one that does not run."""
    name, file = program_of(instance_id), place.path('conf.d', instance_id + '.conf')
    os.makedirs(place.instance(instance_id, 'logs'), mode=0o700, exist_ok=True)
    wanted = program_lines(place, instance_id, grace_seconds)
    with place.common_lock('supervisor'):
        supervisor = ask(place)
        if not os.path.exists(file) or open(file, 'rb').read() != wanted:
            write_whole(file, wanted)
            supervisor.reloadConfig()
            with accepting(NO_SUCH_NAME):
                supervisor.removeProcessGroup(name)
        with accepting(ALREADY_ADDED):
            supervisor.addProcessGroup(name)
        with accepting(ALREADY_STARTED):
            supervisor.startProcess(name, False)


def stop_program(place, instance_id):
    with accepting(NOT_RUNNING, NO_SUCH_NAME):
        ask(place).stopProcess(program_of(instance_id), False)


def remove_program(place, instance_id):
    """And ends supervisord itself where this was the last one."""
    with place.common_lock('supervisor'):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place.path('conf.d', instance_id + '.conf'))
        if infos_of(place) is None:
            return
        supervisor = ask(place)
        supervisor.reloadConfig()
        with accepting(NO_SUCH_NAME):
            supervisor.removeProcessGroup(program_of(instance_id))
        if not any(name.endswith('.conf') for name in names_in(place.path('conf.d'))):
            supervisor.shutdown()


def last_exit(place, instance_id):
    """How its process ended last, from supervisord's own log: it tells nobody else once the next one runs."""
    needle = ' exited: %s (' % program_of(instance_id)
    for name in ('supervisord.log', 'supervisord.log.1'):
        with contextlib.suppress(FileNotFoundError):
            with open(place.path('logs', name), encoding='utf-8', errors='replace') as file:
                file.seek(max(0, os.path.getsize(file.name) - 512 * 1024))
                for line in reversed(file.read().splitlines()):
                    if needle in line:
                        return exit_code_in(line.rpartition('(')[2])
    return None


def exit_code_in(said):
    """`exit status 1; not expected` or `terminated by SIGKILL; not expected`, which a shell would call 137."""
    word = said.split(';')[0].rstrip(')').split()
    if said.startswith('exit status'):
        return int(word[-1])
    name = next((part for part in word if part.startswith('SIG')), None)
    return 128 + int(getattr(signal, name)) if name and hasattr(signal, name) else None
