"""A machine gives a process no file system of its own: paths of a specification become folders of the instance."""
import os

from place import write_whole
from faults import Fault

SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


class Mounts:
    def __init__(self, pairs):
        # The longest first: of two that fit, the inner one is meant.
        self.pairs = sorted(((mount.rstrip('/'), folder) for mount, folder in pairs), key=lambda pair: -len(pair[0]))

    def map(self, value):
        for mount, folder in self.pairs:
            if value == mount or value.startswith(mount + '/'):
                return folder + value[len(mount):]
        return value


def instance_mounts(template, configuration_mount, base):
    pairs = [(template['state'], os.path.join(base, 'state')), (configuration_mount, os.path.join(base, 'configuration'))]
    pairs += [(mount, os.path.join(base, 'assets', str(index))) for index, mount in enumerate(asset_mounts(template))]
    pairs += scratch_pairs(template['scratch'], base)
    return Mounts(pairs)


def asset_mounts(template):
    return [assets['mountPath'] for assets in template['assets']]


def scratch_pairs(mounts, base):
    return [(mount, os.path.join(base, 'tmp', str(index))) for index, mount in enumerate(mounts)]


def put_files(folder, files, keep_others=False):
    """Each by rename, so that a reader has the old or the new one; what is not wanted any more goes."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    wanted = set()
    for name, content in files.items():
        path = inner_path(folder, name)
        wanted.add(path)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if not is_same(path, content.encode()):
            write_whole(path, content.encode())
    if not keep_others:
        for above, _, names in os.walk(folder):
            for name in names:
                if os.path.join(above, name) not in wanted:
                    os.unlink(os.path.join(above, name))


def inner_path(folder, name):
    parts = name.split('/')
    if not name or any(part in ('', '.', '..') or '\0' in part for part in parts):
        raise Fault('cluster.refused', 'A file cannot be called like that.')
    return os.path.join(folder, *parts)


def is_same(path, content):
    try:
        with open(path, 'rb') as file:
            return file.read() == content
    except OSError:
        return False


def environment_of(template, mounts, own, port, tools, programs):
    """@param own: variables that belong to the machine, such as HOME, over all others"""
    wanted = {name: mounts.map(value) for name, value in template['environment'].items()}
    for name, value in template['packageEnvironment'].items():
        wanted[name] = mounts.map(value).replace('{port}', str(port))
    wanted.update(template['secretEnvironment'])
    path = [programs, os.path.dirname(tools['node']), wanted.get('PATH', SYSTEM_PATH)]
    return {**wanted, 'PATH': ':'.join(part for part in path if part), **own}
