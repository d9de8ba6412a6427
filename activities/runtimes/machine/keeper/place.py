"""Where everything of this machine lies, and the locks that several workers share."""
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import zlib

from faults import Fault

ID = re.compile(r'^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$')
# More would only be more files: what is done under one is short.
LOCKS = 64
# A socket's path has to fit into 104 bytes on macOS, 108 on Linux.
LONGEST_SOCKET = 100


def checked(identifier, what):
    """Folders are named by id, so that an id which is no plain word never becomes part of a path."""
    if not isinstance(identifier, str) or not ID.fullmatch(identifier):
        raise Fault('cluster.refused', 'The id of this %s cannot name a folder.' % what)
    return identifier


class Place:
    def __init__(self, root):
        os.makedirs(root, mode=0o700, exist_ok=True)
        self.root = os.path.realpath(root)
        # Marks our processes, beside the instance's id: one machine may carry several clusters.
        self.key = hashlib.sha256(self.root.encode()).hexdigest()[:16]

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def folder(self, *parts):
        folder = self.path(*parts)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return folder

    def instance(self, instance_id, *parts):
        return self.path('instances', checked(instance_id, 'instance'), *parts)

    def instance_ids(self):
        return sorted(name for name in names_in(self.path('instances')) if ID.fullmatch(name))

    def socket(self):
        path = self.path('run', 'sv.sock')
        if len(path.encode()) <= LONGEST_SOCKET:
            return path
        folder = os.path.join('/tmp', 'open-cluster-claw-%d-%s' % (os.getuid(), self.key))
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)
        if found.st_uid != os.getuid() or found.st_mode & 0o077 or os.path.islink(folder):
            raise Fault('cluster.refused', '%s belongs to somebody else.' % folder)
        return os.path.join(folder, 'sv.sock')

    def lock(self, identifier):
        """Held by this process until it lets go or dies. The files stay: one that is removed would be two locks."""
        shard = zlib.crc32(identifier.encode()) % LOCKS
        return held(os.path.join(self.folder('locks'), 'one-of-%d' % shard))

    def common_lock(self, what):
        """May be taken under that of an instance, never the other way round."""
        return held(os.path.join(self.folder('locks'), what))

    def keeper(self):
        return os.path.dirname(os.path.abspath(__file__))


@contextlib.contextmanager
def held(path):
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def take(path, inheritable=False):
    """A lock that is held as long as its descriptor is open anywhere; None where somebody has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    os.set_inheritable(descriptor, inheritable)
    return descriptor


def names_in(folder):
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def read_json(path):
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_json(path, value):
    write_whole(path, json.dumps(value).encode())


def write_whole(path, content):
    """Whole or not at all, also after a loss of power; readable by nobody else."""
    folder = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix='.new-')
    try:
        with os.fdopen(descriptor, 'wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def remove_tree(path):
    """Also what an agent has made read-only."""

    def writable(function, name, _error):
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(name), 0o700)
            if os.path.isdir(name) and not os.path.islink(name):
                os.chmod(name, 0o700)
                shutil.rmtree(name, ignore_errors=True)
            else:
                function(name)

    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    elif os.path.isdir(path):
        shutil.rmtree(path, onerror=writable)
    if os.path.lexists(path):
        raise Fault('cluster.unavailable', '%s could not be removed.' % os.path.basename(path))
