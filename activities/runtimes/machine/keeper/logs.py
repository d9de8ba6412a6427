"""The output of an agent, as supervisord keeps it: one file, and a few before it."""
import contextlib
import os
import time

BACKUPS = 3
TAIL_BYTES = 4 * 1024 * 1024
LONGEST_LINE = 64 * 1024
LOOK_SECONDS = 0.1


def files_of(place, instance_id):
    """The newest first."""
    log = place.instance(instance_id, 'logs', 'agent.log')
    return [log, *('%s.%d' % (log, number) for number in range(1, BACKUPS + 1))]


def tail(place, instance_id, lines):
    return [text for text, _ in newest(place, instance_id, lines)[0]]


def newest(place, instance_id, lines):
    """@returns the newest whole lines as (text, position behind it), oldest first, and the position behind all of them"""
    found, place_behind = [], None
    for path in files_of(place, instance_id):
        try:
            file = open(path, 'rb')
        except FileNotFoundError:
            continue
        with file:
            inode, size = os.fstat(file.fileno()).st_ino, os.fstat(file.fileno()).st_size
            start = max(0, size - TAIL_BYTES)
            file.seek(start)
            text = file.read(size - start)
        # The newest file may end in half a line: that one is told when it is whole.
        whole = text.rfind(b'\n') + 1
        if place_behind is None:
            place_behind = (inode, start + whole)
        parts, offset, own = text[:whole].split(b'\n')[:-1], start, []
        for part in parts:
            offset += len(part) + 1
            own.append((said(part), (inode, offset)))
        found = own + found
        if len(found) >= lines:
            break
    return (found[-lines:] if lines else []), place_behind


def said(part):
    return part.rstrip(b'\r')[:LONGEST_LINE].decode(errors='replace')


def follow(place, instance_id, wanted, frames):
    """Each line with the position behind it, so that a lost connection goes on from there."""
    position = wanted.get('after')
    if position is None:
        lines, position = newest(place, instance_id, wanted['lines'])
        for text, behind in lines:
            frames.message({'text': text, 'behind': behind})
        # Also where there is none yet: whoever asks again has then heard of nothing.
        frames.message({'behind': position})
    while True:
        position = go_on(place, instance_id, position, frames)
        time.sleep(LOOK_SECONDS)


def go_on(place, instance_id, position, frames):
    paths = files_of(place, instance_id)
    inodes = [inode_of(path) for path in paths]
    known = position and position[0] in inodes
    # Where its file is gone there is nothing in between any more: the oldest that is left is next.
    oldest = max((index for index, inode in enumerate(inodes) if inode), default=None)
    if oldest is None:
        return position
    index = inodes.index(position[0]) if known else oldest
    offset = position[1] if known else 0
    cut = b''
    for at in range(index, -1, -1):
        position, cut = read_on(paths[at], inodes[at], offset, cut, position, frames)
        offset = 0
    return position


def inode_of(path):
    with contextlib.suppress(FileNotFoundError):
        return os.stat(path).st_ino
    return None


def read_on(path, inode, offset, cut, position, frames):
    """@param cut: the beginning of a line whose end is in this file, because a rotation came between"""
    try:
        file = open(path, 'rb')
    except FileNotFoundError:
        return position, cut
    with file:
        # Renamed between two looks: the next look finds it under its new name.
        if os.fstat(file.fileno()).st_ino != inode:
            return position, cut
        file.seek(offset)
        while True:
            part = file.readline()
            if not part.endswith(b'\n'):
                return ((inode, offset) if not cut else position), cut + part
            offset += len(part)
            position = (inode, offset)
            frames.message({'text': said((cut + part)[:-1]), 'behind': position})
            cut = b''
