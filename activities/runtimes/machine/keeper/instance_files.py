"""The folders of an instance, and the files that its record puts there."""
import os

from faults import Fault
from mapping import asset_mounts, is_same, put_files


def put_record_files(place, instance_id, record):
    base, template = place.instance(instance_id), record['template']
    for name in ('home', 'tmp', 'logs', 'configuration', *('tmp/%d' % at for at in range(len(template['scratch'])))):
        os.makedirs(os.path.join(base, name), mode=0o700, exist_ok=True)
    link_state(base, template)
    put_files(os.path.join(base, 'configuration'), record['configuration']['files'])
    for index in range(len(asset_mounts(template))):
        put_files(os.path.join(base, 'assets', str(index)), template['assets'][index]['files'])


def link_state(base, template):
    """Where the state lies below the home, an agent may look for it there, too."""
    home = template['environment'].get('HOME', '').rstrip('/')
    if not home or not template['state'].startswith(home + '/'):
        return
    link = os.path.join(base, 'home', *template['state'][len(home) + 1 :].split('/'))
    if os.path.lexists(link):
        return
    os.makedirs(os.path.dirname(link), mode=0o700, exist_ok=True)
    os.symlink(os.path.join(base, 'state'), link)


def restore(place, instance_id):
    """A swap of the state that a crash has cut in two (state.py): the one before is back."""
    state, before = place.instance(instance_id, 'state'), place.instance(instance_id, 'state.before')
    if os.path.isdir(before) and not os.path.isdir(state):
        os.rename(before, state)
    if not os.path.isdir(state):
        raise Fault('cluster.refused', 'The state folder of the instance is missing.')


def files_are(folder, files):
    """Whether exactly these are there."""
    found = {
        os.path.relpath(os.path.join(above, name), folder) for above, _, names in os.walk(folder) for name in names
    }
    return found == set(files) and all(
        is_same(os.path.join(folder, name), content.encode()) for name, content in files.items()
    )


def state_is_there(place, args):
    return os.path.isdir(place.instance(args['instanceId'], 'state'))
