"""The whole of a state as a compressed archive, out and in, while no agent runs on it."""
import contextlib
import gzip
import hashlib
import os
import stat
import tarfile
import tempfile
import zlib

from faults import Fault
from frames import CHUNK
from instance_files import restore
from place import names_in, remove_tree, take
from processes import marked

# What a disk puts at its top, and what this leaves there while it works.
NOT_STATE = {'lost+found', '.restoring'}
LEVEL = 3


@contextlib.contextmanager
def at_rest(place, instance_id):
    """Holds the lock that a starting agent needs, so that none begins meanwhile."""
    if not os.path.exists(place.instance(instance_id, 'volume.json')):
        raise Fault('instance.state-conflict', 'The instance has no volume.')
    lock = take(place.instance(instance_id, 'state.lock'))
    if lock is None or marked(place).get(instance_id):
        if lock is not None:
            os.close(lock)
        raise Fault('instance.state-conflict', 'The state is in use. Stop the instance first.')
    try:
        with place.lock(instance_id):
            restore(place, instance_id)
        yield
    finally:
        os.close(lock)


class Outgoing:
    def __init__(self, frames):
        self.frames = frames

    def write(self, part):
        for start in range(0, len(part), CHUNK):
            self.frames.data(bytes(part[start : start + CHUNK]))
        return len(part)

    def flush(self):
        """Every frame has been flushed."""


def send(state, left_out, frames):
    excluded = NOT_STATE | set(left_out)

    def owned_by_agent(member):
        parts = member.name.split('/')
        if len(parts) > 1 and parts[1] in excluded:
            return None
        # As in an image: another runtime unpacks it for its own user.
        member.uid = member.gid = 1000
        member.uname = member.gname = ''
        return member

    with gzip.GzipFile(fileobj=Outgoing(frames), mode='wb', compresslevel=LEVEL, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode='w|', format=tarfile.PAX_FORMAT, bufsize=CHUNK) as archive:
            archive.add(state, arcname='.', filter=owned_by_agent)


class Hashed:
    def __init__(self, content):
        self.content = content
        self.hash = hashlib.sha256()

    def read(self, length=CHUNK):
        part = self.content.read(length)
        self.hash.update(part)
        return part


def receive(place, instance_id, content, sha256, commit):
    """Unpacked beside the present state, and in its place by renames once it is whole and the announced one."""
    base = place.instance(instance_id)
    for name in names_in(base):
        if name.startswith('.arriving-'):
            remove_tree(os.path.join(base, name))
    arriving = tempfile.mkdtemp(dir=base, prefix='.arriving-')
    try:
        hashed = Hashed(content)
        try:
            unpack(hashed, arriving)
        except (tarfile.TarError, zlib.error, OSError, ValueError, EOFError) as error:
            raise Fault('backup.failed', 'The state could not be put back: %s' % error)
        if hashed.hash.hexdigest() != sha256:
            raise Fault('backup.failed', 'The archive is not the announced one.')
        with commit():
            swap(base, arriving)
    finally:
        remove_tree(arriving)
    remove_tree(os.path.join(base, 'state.before'))


def swap(base, arriving):
    state, before = os.path.join(base, 'state'), os.path.join(base, 'state.before')
    remove_tree(before)
    # Between the two a crash leaves no state: the one before comes back (converge.py).
    os.rename(state, before)
    os.rename(arriving, state)


def unpack(content, folder):
    with gzip.GzipFile(fileobj=content, mode='rb') as unpacked:
        with tarfile.open(fileobj=unpacked, mode='r|', bufsize=CHUNK) as archive:
            modes = []
            for member in archive:
                put(archive, member, folder, modes)
        # To the end of the stream: what follows the archive is part of what was announced.
        while unpacked.read(CHUNK):
            pass
    while content.read(CHUNK):
        pass
    for path, mode in reversed(modes):
        os.chmod(path, mode)


def put(archive, member, folder, modes):
    parts = [part for part in member.name.split('/') if part not in ('', '.')]
    if '..' in parts or member.name.startswith('/'):
        raise ValueError('%s leads out of the archive' % member.name)
    if not parts:
        return
    path = os.path.join(inside(folder, parts[:-1]), parts[-1])
    mode = stat.S_IMODE(member.mode) & 0o777
    if member.isdir():
        inside(folder, parts)
        modes.append((path, mode))
    elif member.isreg():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), 'wb') as file:
            source = archive.extractfile(member)
            while part := source.read(CHUNK):
                file.write(part)
        os.chmod(path, mode)
        os.utime(path, (member.mtime, member.mtime))
    elif member.issym():
        os.symlink(member.linkname, path)
    elif member.islnk():
        target = [part for part in member.linkname.split('/') if part not in ('', '.')]
        if '..' in target or not target:
            raise ValueError('%s leads out of the archive' % member.linkname)
        os.link(os.path.join(inside(folder, target[:-1]), target[-1]), path, follow_symlinks=False)
    elif member.isfifo():
        os.mkfifo(path, 0o600)
    else:
        raise ValueError('%s is a device' % member.name)


def inside(folder, parts):
    """The folder of that name, made where it is missing, and never through a link that the archive has brought."""
    path = folder
    for part in parts:
        path = os.path.join(path, part)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise ValueError('%s is in the way' % part)
    return path
