"""
Makes the machine what the records say, one step at a time and never waiting: whoever looks (observe.py) also goes on
with what another worker has begun. Only the record decides, so that it does not matter who does it, or how often.
"""
import contextlib
import os
import signal
import time

from instance_files import put_record_files, restore
from place import names_in, read_json, remove_tree, take, write_json
from processes import began, tell
from programs import RUNNING, program_of, remove_program, start_program, stop_program
from records import key_of, record_of, volume_of
from supervise import ensure_supervisor, infos_of

KILL_GRACE_SECONDS = 1
# Of what an agent has started and left behind.
LEFTOVER_GRACE_SECONDS = 10


def is_settled(place, instance_id, marked, infos):
    """Nothing to do, by what was just read for all: two hundred instances are looked at every second or two."""
    record, volume = record_of(place, instance_id), volume_of(place, instance_id)
    if (record and record['removed']) or (volume and volume.get('removed')):
        return False
    info = infos.get(program_of(instance_id))
    state = info['statename'] if info else 'STOPPED'
    if not record or record['power'] == 'off':
        return not marked.get(instance_id) and state not in (*RUNNING, 'STOPPING')
    process = read_json(place.instance(instance_id, 'process.json'))
    mine = process is not None and process['key'] == key_of(record)
    return mine and state in ('RUNNING', 'EXITED') and applied(place, instance_id) == record['version']


def applied(place, instance_id):
    return (read_json(place.instance(instance_id, 'applied.json')) or {}).get('version')


def converge(place, instance_id, marked):
    """@param marked: instance id -> process numbers"""
    with place.lock(instance_id):
        record, volume = record_of(place, instance_id), volume_of(place, instance_id)
        pids = marked.get(instance_id, [])
        if record and not record['removed']:
            restore(place, instance_id)
            put_record_files(place, instance_id, record)
            write_json(place.instance(instance_id, 'applied.json'), {'version': record['version']})
        if record and record['power'] == 'on' and not record['removed']:
            keep_running(place, instance_id, record, pids)
        elif record or pids:
            end(place, instance_id, record, pids)
        if record and record['removed'] and is_gone(place, instance_id):
            remove_workload(place, instance_id, record)
            record = None
        if volume and volume.get('removed') and is_gone(place, instance_id):
            remove_volume(place, instance_id, record)


def info_of(place, instance_id):
    return (infos_of(place) or {}).get(program_of(instance_id))


def keep_running(place, instance_id, record, pids):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(place.instance(instance_id, 'leaving.json'))
    info = ensure_supervisor(place).get(program_of(instance_id))
    state = info['statename'] if info else 'STOPPED'
    process = read_json(place.instance(instance_id, 'process.json'))
    mine = process and process['key'] == key_of(record)
    if state in RUNNING:
        if process and not mine and info['pid'] == process['pid']:
            end_gently(place, instance_id, process, record['template']['graceSeconds'], pids)
    # One that has ended itself over its configuration is started again when that has changed.
    elif state != 'STOPPING' and not (state == 'EXITED' and mine):
        start_program(place, instance_id, record['template']['graceSeconds'])


def end_gently(place, instance_id, process, grace_seconds, pids):
    """Asked once, by whoever comes first. supervisord starts the next one when it has ended."""
    file = place.instance(instance_id, 'ending.json')
    asked = read_json(file)
    if not asked or (asked['pid'], asked['began']) != (process['pid'], process['began']):
        write_json(file, {'pid': process['pid'], 'began': process['began'], 'at': time.time()})
        if began(process['pid']) == process['began']:
            tell(process['pid'], signal.SIGTERM)
    elif time.time() - asked['at'] > grace_seconds:
        for pid in pids:
            tell(pid, signal.SIGKILL)


def end(place, instance_id, record, pids):
    info = info_of(place, instance_id)
    if info and info['statename'] in RUNNING:
        stop_program(place, instance_id)
    if not pids:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place.instance(instance_id, 'leaving.json'))
        return
    supervised = info and info['statename'] in (*RUNNING, 'STOPPING')
    killed = not record or record['killed']
    grace = KILL_GRACE_SECONDS if killed else LEFTOVER_GRACE_SECONDS
    # What supervisord is ending gently has its own time.
    if supervised and not killed:
        return
    file = place.instance(instance_id, 'leaving.json')
    since = read_json(file)
    if not since or since['killed'] != killed:
        write_json(file, {'at': time.time(), 'killed': killed})
        for pid in [] if supervised else pids:
            tell(pid, signal.SIGTERM)
    elif time.time() - since['at'] > grace:
        for pid in pids:
            tell(pid, signal.SIGKILL)


def is_gone(place, instance_id):
    """By the kernel's lock and by supervisord: the list of marked processes is older than that."""
    info = info_of(place, instance_id)
    if info and info['statename'] in (*RUNNING, 'STOPPING'):
        return False
    lock = take(place.instance(instance_id, 'state.lock'))
    if lock is None:
        return False
    os.close(lock)
    return not os.path.exists(place.instance(instance_id, 'leaving.json'))


def remove_workload(place, instance_id, record):
    remove_program(place, instance_id)
    write_json(place.instance(instance_id, 'volume.json'), {**volume_or_new(place, instance_id, record)})
    base = place.instance(instance_id)
    kept = {'state', 'state.before', 'state.lock', 'volume.json', 'record.json'}
    for name in names_in(base):
        if name not in kept:
            remove_tree(os.path.join(base, name))
    # Last: until then somebody else would go on here.
    os.unlink(os.path.join(base, 'record.json'))


def volume_or_new(place, instance_id, record):
    volume = volume_of(place, instance_id) or {'tenantId': record['tenantId'], 'generation': 0}
    return {**volume, 'generation': max(volume['generation'], record['generation'])}


def remove_volume(place, instance_id, record):
    if record:
        remove_tree(place.instance(instance_id, 'state'))
        os.unlink(place.instance(instance_id, 'volume.json'))
    else:
        remove_tree(place.instance(instance_id))


def after_write(place, instance_id, marked):
    """What a change of power or files begins at once. A record that only leaves needs no supervisord."""
    converge(place, instance_id, marked())
    record = record_of(place, instance_id)
    if record and record['killed'] and record['power'] == 'off':
        time.sleep(KILL_GRACE_SECONDS + 0.05)
        converge(place, instance_id, marked())
