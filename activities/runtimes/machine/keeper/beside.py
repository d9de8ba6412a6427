"""What people start beside an agent: with its environment, in its state folder, and ended with everything it started."""
import contextlib
import os
import signal
import subprocess
import threading
import uuid

import packages
import ports
from faults import not_running
from launch import limit, process_environment
from place import read_json
from processes import LINUX, began, die_with_parent, marked, tell
from records import record_of

MARK = 'OCC_BESIDE'
MOST_OUTPUT = 1024 * 1024
NOT_FOUND = 127


def environment_beside(place, instance_id):
    """@throws Fault where no agent runs: what is started here lives and ends with it"""
    record = record_of(place, instance_id)
    process = read_json(place.instance(instance_id, 'process.json'))
    pids = marked(place).get(instance_id, [])
    if not record or not process or process['phase'] != 'Running' or process['pid'] not in pids:
        raise not_running()
    if began(process['pid']) != process['began']:
        raise not_running()
    folder = packages.folder_of(place, record['template']['package'])
    tools, port = read_json(place.path('tools.json')), ports.known_port(place, instance_id)
    environment = process_environment(place, record, packages.programs_of(folder), tools, port)
    return {**environment, MARK: str(uuid.uuid4())}, record['template']['resources']['memoryBytes']


def end_marked(environment):
    """All that carries this mark, whatever process group it has gone into."""
    mark = ('%s=%s' % (MARK, environment[MARK])).encode()
    for name in os.listdir('/proc') if LINUX else []:
        if name.isdigit():
            with contextlib.suppress(OSError):
                with open('/proc/%s/environ' % name, 'rb') as file:
                    if mark in file.read().split(b'\0'):
                        tell(int(name), signal.SIGKILL)


def end_group(child_pid, environment):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child_pid, signal.SIGKILL)
    end_marked(environment)


def watch_line(frames, end):
    """Whoever asked has gone when the line says nothing more; then nobody wants this any more."""

    def read():
        while frames.read() is not None:
            pass
        end()

    threading.Thread(target=read, daemon=True).start()


def keep_end(pipe, kept, most=MOST_OUTPUT):
    while part := pipe.read1(65536):
        kept.extend(part)
        if len(kept) > most:
            del kept[: len(kept) - most]


def prepare(memory_bytes):
    def in_child():
        die_with_parent(signal.SIGKILL)
        limit(memory_bytes)

    return in_child


def run_command(place, instance_id, wanted, frames):
    environment, memory_bytes = environment_beside(place, instance_id)
    try:
        child = subprocess.Popen(
            wanted['command'],
            executable=find(wanted['command'][0], environment),
            cwd=place.instance(instance_id, 'state'),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=prepare(memory_bytes),
        )
    except OSError as error:
        return {'exitCode': NOT_FOUND, 'output': '', 'errorOutput': '%s: %s\n' % (wanted['command'][0], error.strerror)}
    watch_line(frames, lambda: end_group(child.pid, environment))
    kept = [bytearray(), bytearray()]
    readers = [
        threading.Thread(target=keep_end, args=(pipe, one), daemon=True)
        for pipe, one in zip((child.stdout, child.stderr), kept)
    ]
    for reader in readers:
        reader.start()
    threading.Thread(target=feed, args=(child.stdin, wanted.get('input') or ''), daemon=True).start()
    exit_code = wait_for(child, wanted['timeoutMs'] / 1000)
    if exit_code is None:
        end_group(child.pid, environment)
        child.wait()
    # Something that it has started may hold its pipes; what it says is no longer the command's.
    for reader in readers:
        reader.join(1)
    output, errors = (bytes(one).decode(errors='replace') for one in kept)
    return {'exitCode': exit_code, 'output': output, 'errorOutput': errors}


def find(program, environment):
    """By the agent's path, not by ours."""
    if '/' in program:
        return program
    for folder in environment['PATH'].split(':'):
        path = os.path.join(folder, program)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return program


def feed(pipe, text):
    with contextlib.suppress(BrokenPipeError):
        pipe.write(text.encode())
    with contextlib.suppress(BrokenPipeError):
        pipe.close()


def wait_for(child, seconds):
    """@returns None where its time is over; 128 and the number of the signal that ended it, as a shell says it"""
    try:
        code = child.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        return None
    return code if code >= 0 else 128 - code

