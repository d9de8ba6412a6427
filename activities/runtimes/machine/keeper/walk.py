"""A way through a state folder that no link leads out of: every step is opened from the folder above it."""
import contextlib
import os

from faults import Fault

MOST_LINKS = 40
LONGEST_NAME, LONGEST_PATH = 255, 4096
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def refused(detail):
    return Fault('file.path-refused', detail)


def unknown(name):
    return Fault('file.unknown', 'There is no %s.' % name)


def parts_of(path):
    """Only one way to write each path: what another program would read differently is refused."""
    if path == '':
        return []
    parts = path.split('/')
    if '\0' in path or any(part in ('', '.', '..') for part in parts):
        raise refused('A path is relative to the state, of plain names with one slash between them.')
    sizes = [len(part.encode(errors='surrogatepass')) for part in parts]
    if max(sizes) > LONGEST_NAME or sum(sizes) + len(sizes) > LONGEST_PATH:
        raise refused('The path is too long.')
    return parts


class Walk:
    """A place inside the state: the folders from the top down to it, each held open."""

    def __init__(self, top):
        self.top = os.path.realpath(top)
        self.folders = [os.open(self.top, FOLDER)]
        self.links = 0

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for folder in self.folders:
            os.close(folder)

    @property
    def here(self):
        return self.folders[-1]

    def into(self, parts, making=False):
        """Follows links that stay inside; with `making`, folders that are missing are made."""
        left = list(parts)
        while left:
            name = left.pop(0)
            if name in ('', '.'):
                continue
            if name == '..':
                self.up()
                continue
            if making:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=self.here)
            target = self.link_target(name)
            if target is not None:
                left = target + left
                continue
            try:
                self.folders.append(os.open(name, FOLDER, dir_fd=self.here))
            except FileNotFoundError:
                raise unknown(name) from None
            except OSError:
                raise refused('%s is no folder.' % name) from None

    def up(self):
        if len(self.folders) == 1:
            raise refused('A link on the way leads out of the state.')
        os.close(self.folders.pop())

    def link_target(self, name):
        """The parts of a link, to go on with; None for what is no link."""
        try:
            target = os.readlink(name, dir_fd=self.here)
        except OSError:
            return None
        self.links += 1
        if self.links > MOST_LINKS:
            raise refused('There are too many links on the way.')
        if not target.startswith('/'):
            return target.split('/')
        if target != self.top and not target.startswith(self.top + '/'):
            raise refused('A link on the way leads out of the state.')
        while len(self.folders) > 1:
            os.close(self.folders.pop())
        return target[len(self.top) :].split('/')

    def to_file(self, parts):
        """Goes to the folder of a file, through the links in its name. @returns the name it has there"""
        *above, name = parts
        self.into(above)
        while (target := self.link_target(name)) is not None:
            *above, name = [part for part in target if part not in ('', '.')] or ['.']
            self.into(above)
            if name in ('.', '..'):
                raise refused('This is a folder.')
        return name
