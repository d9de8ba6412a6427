"""Questions and answers over one line: each in a thread of its own, as the platform asks several at once."""
import contextlib
import os
import sys
import threading
import traceback

import archive
import beside
import connect
import converge
import files
import instance_files
import logs
import one_shots
import ports
import records
import spaces
import terminal
from faults import Fault, not_running
from frames import CHUNK, Content
from launch import now
from observe import observe, observe_all
from place import read_json
from probe import Probes
from processes import marked, usage_of


def answer(place, probes, verb, args):
    handler = VERBS.get(verb)
    if handler is None:
        raise Fault('server.error', 'There is no verb %s.' % verb)
    if 'tenantId' in args and 'instanceId' in args:
        spaces.owned(place, args['tenantId'], args['instanceId'])
    return handler(place, probes, args)


def after_write(place, args):
    converge.after_write(place, args['instanceId'], lambda: marked(place))


def change(place, _probes, args):
    done = records.change(place, args['instanceId'], args['version'], args['stamp'], args['edit'])
    if done:
        after_write(place, args)
    return done


def take_back(place, _probes, args):
    records.take_back(place, args['instanceId'], args['version'])
    after_write(place, args)


def mark_volume(place, _probes, args):
    if records.mark_volume(place, args['instanceId'], args['stamp'], args.get('removed', False)):
        after_write(place, args)


def specification(place, _probes, args):
    """Without its secrets."""
    record = records.record_of(place, args['instanceId'])
    if record is None or record['removed']:
        return None
    template = {name: value for name, value in record['template'].items() if name != 'secretEnvironment'}
    folder = place.instance(args['instanceId'], 'configuration')
    same = instance_files.files_are(folder, record['configuration']['files'])
    return {**record, 'template': template, 'filesAreThere': same, 'stateIsThere': instance_files.state_is_there(place, args)}


def usage(place, _probes, args):
    pids = marked(place).get(args['instanceId'], [])
    process = read_json(place.instance(args['instanceId'], 'process.json'))
    if not pids or not process or process['pid'] not in pids:
        return None
    seconds, resident = usage_of(pids)
    return {'cpuSeconds': seconds, 'memoryBytes': resident, 'restarts': process['starts'] - 1, 'at': now()}


def port(place, _probes, args):
    record = records.record_of(place, args['instanceId'])
    if record is None or not marked(place).get(args['instanceId']):
        raise not_running()
    return {'port': ports.known_port(place, args['instanceId']), 'specified': record['template']['port']}


def state_of(place, args):
    if records.volume_of(place, args['instanceId']) is None:
        raise Fault('file.unknown', 'The instance has no state.')
    return place.instance(args['instanceId'], 'state')


def remove_file(place, _probes, args):
    top = state_of(place, args)
    records.mark_volume(place, args['instanceId'], args['stamp'])
    files.remove(top, args['path'])


VERBS = {
    'connect': lambda place, _probes, args: connect.connect(place, args),
    'head': lambda place, _probes, args: records.head_of(place, args['instanceId']),
    'change': change,
    'take-back': take_back,
    'mark-volume': mark_volume,
    'specification': specification,
    'observe': lambda place, probes, args: observe(place, probes, args['instanceId']),
    'observe-all': lambda place, probes, _args: observe_all(place, probes),
    'tail': lambda place, _probes, args: logs.tail(place, args['instanceId'], args['lines']),
    'port': port,
    'usage': usage,
    'list-files': lambda place, _probes, args: files.list_folder(state_of(place, args), args['path']),
    'remove-file': remove_file,
    'space': lambda place, _probes, args: spaces.ensure(place, args['space'], args['shared']),
    'spaces': lambda place, _probes, _args: spaces.tenants(place),
    'remove-space': lambda place, _probes, args: spaces.remove_step(place, args['tenantId'], args['stamp']),
    'begin-once': lambda place, _probes, args: one_shots.begin(place, args['name'], args['job']),
    'look-once': lambda place, _probes, args: one_shots.look(place, args['name']),
    'list-once': lambda place, _probes, _args: one_shots.traces(place),
    'remove-once': lambda place, _probes, args: one_shots.remove(place, args['name'], args['uid']),
}


def serve(place, frames):
    probes = Probes()
    while (asked := frames.read_message()) is not None:
        threading.Thread(target=respond, args=(place, probes, frames, asked), daemon=True).start()


def respond(place, probes, frames, asked):
    try:
        said = {'ok': answer(place, probes, asked['verb'], asked['args'])}
    except Exception as error:  # noqa: BLE001 - told to whoever asked, as what it is
        said = {'fault': fault_of(error)}
    # Nobody may be there to hear it.
    with contextlib.suppress(OSError):
        frames.message({'id': asked['id'], **said})


def fault_of(error):
    if isinstance(error, Fault):
        return {'code': error.code, 'detail': error.detail}
    traceback.print_exc(file=sys.stderr)
    return {'code': None, 'detail': '%s: %s' % (type(error).__name__, error)}


def stream(place, frames):
    """One question whose answer, or whose content, may be long: a process for each, which ends with it."""
    asked = frames.read_message()
    if asked is None:
        return
    try:
        spaces.owned(place, asked['tenantId'], asked['instanceId'])
        said = {'end': STREAMS[asked['verb']](place, asked, frames)}
    except Exception as error:  # noqa: BLE001 - told to whoever asked, as what it is
        said = {'fault': fault_of(error)}
    with contextlib.suppress(OSError):
        frames.message(said)


def read_file(place, asked, frames):
    with files.open_file(state_of(place, asked), asked['path']) as file:
        frames.message({'ok': None})
        while part := file.read(CHUNK):
            frames.data(part)


def write_file(place, asked, frames):
    commit = records.committing(place, asked['instanceId'], asked['stamp'])
    files.write_file(state_of(place, asked), asked['path'], Content(frames), commit)


def read_state(place, asked, frames):
    with archive.at_rest(place, asked['instanceId']):
        frames.message({'ok': None})
        archive.send(state_of(place, asked), asked['leftOut'], frames)


def write_state(place, asked, frames):
    commit = records.committing(place, asked['instanceId'], asked['stamp'])
    with archive.at_rest(place, asked['instanceId']):
        frames.message({'ok': None})
        archive.receive(place, asked['instanceId'], Content(frames), asked['sha256'], commit)


def follow(place, asked, frames):
    """Without end: it is over with the line."""
    beside.watch_line(frames, lambda: os._exit(0))
    logs.follow(place, asked['instanceId'], asked, frames)


STREAMS = {
    'read-file': read_file,
    'write-file': write_file,
    'read-state': read_state,
    'write-state': write_state,
    'exec': lambda place, asked, frames: beside.run_command(place, asked['instanceId'], asked, frames),
    'terminal': lambda place, asked, frames: terminal.run_terminal(place, asked['instanceId'], asked, frames),
    'follow': follow,
}
