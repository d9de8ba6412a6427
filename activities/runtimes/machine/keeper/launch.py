"""
What supervisord starts: it becomes the agent (exec), so that nothing of ours stays behind. Before that it makes sure
that no other process has the state, waits after crashes, and fetches the package.
"""
import contextlib
import datetime
import os
import resource
import sys
import time

import packages
import ports
from instance_files import put_record_files
from mapping import environment_of, instance_mounts
from place import read_json, take, write_json
from processes import LINUX, began, die_with_parent, end_all, marked, marks_of
from programs import last_exit
from records import key_of, record_of

# Of an agent that lost its supervisord and does not end by itself.
ORPHAN_GRACE_SECONDS = 20
LONGEST_PAUSE_SECONDS = 300
# A process that lived this long has recovered: the pauses begin anew.
RECOVERED_AFTER_SECONDS = 60
# As the agents say "not with this configuration": supervisord does not try again.
NOT_WANTED = 78
GIBIBYTE = 1 << 30


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def launch(place, instance_id):
    die_with_parent()
    if os.getppid() == 1 and LINUX:
        sys.exit(NOT_WANTED)
    while True:
        record = record_of(place, instance_id)
        if not record or record['removed'] or record['power'] == 'off':
            sys.exit(NOT_WANTED)
        key = key_of(record)
        tell = teller(place, instance_id, key)
        end_others(place, instance_id)
        wait_for_turn(tell)
        lock = take_state(place, instance_id)
        programs = fetch(place, record, tell)
        # Whatever changed while this waited is what shall run.
        wanted = record_of(place, instance_id)
        if wanted and key_of(wanted) == key:
            become(place, wanted, programs, tell)
        os.close(lock)


def teller(place, instance_id, key):
    """Notes how far it is, and with the first note that there is one more process under this key."""
    file = place.instance(instance_id, 'process.json')
    before = read_json(file)
    same = before if before and before['key'] == key else None
    mine = same is not None and same['pid'] == os.getpid() and same['began'] == began(os.getpid())
    state = {
        'key': key,
        'pid': os.getpid(),
        'began': began(os.getpid()),
        'starts': same['starts'] + int(not mine) if same else 1,
        'crashes': crashes_after(same) if same and not mine else (same or {}).get('crashes', 0),
        'exitCode': last_exit(place, instance_id) if same and not mine else (same or {}).get('exitCode'),
        'startedAt': None,
        'startedSeconds': None,
    }

    def tell(phase, message=None, **more):
        state.update(phase=phase, message=message, **more)
        write_json(file, state)
        return state

    tell('Starting')
    return tell


def crashes_after(before):
    began_at = before['startedSeconds']
    recovered = began_at is not None and time.time() - began_at > RECOVERED_AFTER_SECONDS
    return 1 if recovered else before['crashes'] + 1


def wait_for_turn(tell):
    """The first restart comes at once, the others after pauses that double."""
    crashes = tell('Starting')['crashes']
    if crashes < 2:
        return
    seconds = min(LONGEST_PAUSE_SECONDS, 2 ** (crashes - 2))
    tell('CrashLoopBackOff', 'It has ended %d times in a row; the next start is in %d s.' % (crashes, seconds))
    time.sleep(seconds)
    tell('Starting')


def end_others(place, instance_id):
    """Whatever still carries our mark: what a killed supervisord or a crashed agent has left behind."""
    end_all(lambda: [pid for pid in marked(place).get(instance_id, []) if pid != os.getpid()], ORPHAN_GRACE_SECONDS)


def take_state(place, instance_id):
    """Never a second process on a state folder: the kernel's lock decides, which the agent holds while it lives."""
    while True:
        end_others(place, instance_id)
        lock = take(place.instance(instance_id, 'state.lock'), inheritable=True)
        if lock is not None:
            return lock
        time.sleep(0.2)


def fetch(place, record, tell):
    package = record['template']['package']
    pause = 10
    while True:
        folder = packages.installed(place, package)
        if folder:
            return packages.programs_of(folder)
        tell('Pulling', 'npm installs %s.' % package)
        try:
            packages.install(place, package, read_json(place.path('tools.json')))
        except packages.Unavailable as failure:
            tell('ErrImagePull', failure.detail)
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def become(place, record, programs, tell):
    template, base = record['template'], place.instance(record['instanceId'])
    with place.lock(record['instanceId']):
        put_record_files(place, record['instanceId'], record)
    tools = read_json(place.path('tools.json'))
    port = ports.port_for(place, record['instanceId'])
    mounts = instance_mounts(template, record['configuration']['mountPath'], base)
    environment = process_environment(place, record, programs, tools, port)
    command = [mounts.map(word).replace('{port}', str(port)) for word in template['command']]
    os.chdir(os.path.join(base, 'state'))
    limit(template['resources']['memoryBytes'])
    if tools.get('scope'):
        command = [*scope_of(template['resources']), *command]
        environment.setdefault('XDG_RUNTIME_DIR', '/run/user/%d' % os.getuid())
    tell('Running', startedAt=now(), startedSeconds=time.time())
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        sys.stderr.write('%s: %s\n' % (command[0], error.strerror))
        sys.stderr.flush()
        os._exit(127)


def process_environment(place, record, programs, tools, port):
    template, base = record['template'], place.instance(record['instanceId'])
    mounts = instance_mounts(template, record['configuration']['mountPath'], base)
    own = {
        'HOME': os.path.join(base, 'home'),
        'TMPDIR': os.path.join(base, 'tmp'),
        **marks_of(place, record['instanceId']),
    }
    return environment_of(template, mounts, own, port, tools, programs)


def limit(memory_bytes):
    """
    Per process and of data only: address space (`ulimit -v`) is what V8 reserves without using it. A net below the heap
    limit that the agent is told, not a bound of the instance.
    """
    bound = max(4 * GIBIBYTE, 2 * memory_bytes)
    for kind, wanted in ((resource.RLIMIT_DATA, bound), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value))


def scope_of(resources):
    """Where systemd has a cgroup of the user's own: it becomes that unit, and the kernel keeps its bounds."""
    weight = max(1, min(10_000, resources['cpuMillis'] // 10))
    bounds = ['MemoryMax=%d' % resources['memoryBytes'], 'MemorySwapMax=0', 'TasksMax=4096', 'CPUWeight=%d' % weight]
    flags = [flag for bound in bounds for flag in ('-p', bound)]
    return ['systemd-run', '--user', '--scope', '--quiet', '--collect', *flags, '--']
