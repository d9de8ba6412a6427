"""The files of a state folder, as people see and change them."""
import contextlib
import os
import stat
import time
import uuid

from faults import Fault
from frames import CHUNK
from place import names_in, take
from walk import FOLDER, Walk, parts_of, refused, unknown

WRITING = '.writing-'


def kind_of(mode):
    for test, kind in ((stat.S_ISREG, 'file'), (stat.S_ISDIR, 'folder'), (stat.S_ISLNK, 'link')):
        if test(mode):
            return kind
    return 'other'


def list_folder(top, path):
    with Walk(top) as walk:
        walk.into(parts_of(path))
        entries = []
        for name in sorted(os.listdir(walk.here)):
            with contextlib.suppress(FileNotFoundError):
                found = os.stat(name, dir_fd=walk.here, follow_symlinks=False)
                entries.append(
                    {
                        'name': name.encode(errors='surrogateescape').decode(errors='replace'),
                        'kind': kind_of(found.st_mode),
                        'sizeBytes': found.st_size,
                        'modifiedAt': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(found.st_mtime)),
                    }
                )
        return entries


def open_file(top, path):
    parts = parts_of(path)
    if not parts:
        raise refused('This is a folder.')
    with Walk(top) as walk:
        name = walk.to_file(parts)
        try:
            # Never waits for the other end of a pipe.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(name, flags, dir_fd=walk.here)
        except FileNotFoundError:
            raise unknown(name) from None
        except OSError:
            raise refused('%s is no plain file.' % name) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise refused('%s is no plain file.' % name)
    return os.fdopen(descriptor, 'rb')


def write_file(top, path, content, commit):
    """@param commit: called with the work done and only the rename left; may refuse"""
    parts = parts_of(path)
    if not parts:
        raise refused('This is a folder.')
    # Outside of the state, which never shows a half of anything; on the same disk, for the rename.
    folder = os.path.dirname(top)
    remove_broken(folder)
    temporary = os.path.join(folder, '%s%s' % (WRITING, uuid.uuid4()))
    held = take(temporary)
    try:
        refuse_place(top, parts)
        with open(temporary, 'wb') as file:
            while part := content.read(CHUNK):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        with Walk(top) as walk, commit():
            walk.into(parts[:-1], making=True)
            refuse_other(walk, parts[-1])
            os.rename(temporary, parts[-1], dst_dir_fd=walk.here)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        os.close(held)


def remove_broken(folder):
    """What a write has left that was killed: nobody holds it any more."""
    for name in names_in(folder):
        if name.startswith(WRITING):
            path = os.path.join(folder, name)
            lock = take(path)
            if lock is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
                os.close(lock)


def refuse_place(top, parts):
    """Before anything is sent, as far as the way is there already."""
    with Walk(top) as walk:
        try:
            walk.into(parts[:-1])
        except Fault as fault:
            if fault.code == 'file.unknown':
                return
            raise
        refuse_other(walk, parts[-1])


def refuse_other(walk, name):
    with contextlib.suppress(FileNotFoundError):
        if kind_of(os.stat(name, dir_fd=walk.here, follow_symlinks=False).st_mode) != 'file':
            raise refused('%s is no plain file.' % name)


def remove(top, path):
    parts = parts_of(path)
    if not parts:
        raise refused('The top of the state stays.')
    with Walk(top) as walk:
        try:
            walk.into(parts[:-1])
        except Fault as fault:
            if fault.code == 'file.unknown':
                return
            raise
        remove_at(walk.here, parts[-1])


def remove_at(folder, name):
    """Never follows a link: it is what goes."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=folder)
        return
    inner = os.open(name, FOLDER, dir_fd=folder)
    try:
        os.fchmod(inner, 0o700)
        for child in os.listdir(inner):
            remove_at(inner, child)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)
