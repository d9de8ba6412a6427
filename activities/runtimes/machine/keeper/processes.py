"""The processes of an instance: those that carry its mark in their environment, whoever started them."""
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

LINUX = sys.platform.startswith('linux')
PR_SET_PDEATHSIG = 1
MARKS = ('OCC_INSTANCE', 'OCC_MACHINE')


def marks_of(place, instance_id):
    return dict(zip(MARKS, (instance_id, place.key)))


def marked(place):
    """instance id -> process numbers, of everything that this machine's folder has started."""
    found = {}
    for pid, mark in (linux_marks(place) if LINUX else other_marks(place)):
        found.setdefault(mark, []).append(pid)
    return found


def linux_marks(place):
    machine = ('OCC_MACHINE=' + place.key).encode()
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        try:
            with open('/proc/%s/environ' % name, 'rb') as file:
                variables = file.read().split(b'\0')
            if machine in variables and not is_zombie(name):
                yield int(name), instance_in(variables)
        except OSError:
            continue


def other_marks(place):
    machine = 'OCC_MACHINE=' + place.key
    listing = subprocess.run(['ps', '-axEww', '-o', 'pid=,command='], stdout=subprocess.PIPE, check=False)
    for line in listing.stdout.decode(errors='replace').splitlines():
        pid, _, rest = line.strip().partition(' ')
        words = rest.split(' ')
        if machine in words:
            yield int(pid), instance_in([word.encode() for word in words])


def instance_in(variables):
    for variable in variables:
        if variable.startswith(b'OCC_INSTANCE='):
            return variable.partition(b'=')[2].decode(errors='replace')
    return ''


def stat_of(pid):
    """The fields behind the name of the program, which may hold anything."""
    with open('/proc/%s/stat' % pid, 'rb') as file:
        return file.read().rpartition(b') ')[2].split()


def is_zombie(pid):
    return stat_of(pid)[0] == b'Z'


def began(pid):
    """Tells a process from a later one of the same number; None where there is none."""
    try:
        if LINUX:
            return None if is_zombie(pid) else int(stat_of(pid)[19])
        said = subprocess.run(['ps', '-o', 'lstart=', '-p', str(pid)], stdout=subprocess.PIPE, check=False).stdout
        return said.decode().strip() or None
    except (OSError, IndexError):
        return None


def tell(pid, number):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def end_all(list_pids, grace_seconds):
    """SIGTERM, and SIGKILL to what is left after the grace. Comes back when nothing is left."""
    for pid in list_pids():
        tell(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while True:
        pids = list_pids()
        if not pids:
            return
        if time.monotonic() > deadline:
            for pid in pids:
                tell(pid, signal.SIGKILL)
        time.sleep(0.05)


def die_with_parent(number=signal.SIGTERM):
    """Linux only: whoever loses the process above it is told. Elsewhere the next start ends what is left."""
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number))


def usage_of(pids):
    """(CPU seconds with those of children that have ended, resident bytes) of what still lives."""
    return linux_usage(pids) if LINUX else other_usage(pids)


def linux_usage(pids):
    tick, page = os.sysconf('SC_CLK_TCK'), os.sysconf('SC_PAGE_SIZE')
    seconds, resident = 0.0, 0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            fields = stat_of(pid)
            seconds += sum(int(fields[index]) for index in (11, 12, 13, 14)) / tick
            resident += int(fields[21]) * page
    return seconds, resident


def other_usage(pids):
    listing = subprocess.run(
        ['ps', '-o', 'rss=,time=', '-p', ','.join(map(str, pids))], stdout=subprocess.PIPE, check=False
    )
    seconds, resident = 0.0, 0
    for line in listing.stdout.decode().splitlines():
        size, _, spent = line.strip().partition(' ')
        resident += int(size) * 1024
        for part in spent.strip().replace('-', ':').split(':'):
            seconds = seconds * 60 + float(part)
    return seconds, resident
