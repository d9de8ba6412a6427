"""Both directions of every connection: a type, a length, and so many bytes. An end that is not said is a broken line."""
import json
import struct
import threading

DATA, MESSAGE, END = 0, 1, 2
HEAD = struct.Struct('>BI')
LARGEST = 64 * 1024 * 1024
CHUNK = 64 * 1024


class Frames:
    def __init__(self, incoming, outgoing):
        self.incoming = incoming
        self.outgoing = outgoing
        self.writing = threading.Lock()

    def read(self):
        """The next (type, bytes); None where the other side is gone."""
        head = self._exactly(HEAD.size)
        if head is None:
            return None
        kind, length = HEAD.unpack(head)
        if length > LARGEST:
            return None
        payload = self._exactly(length)
        return None if payload is None else (kind, payload)

    def read_message(self):
        frame = self.read()
        return None if frame is None or frame[0] != MESSAGE else json.loads(frame[1].decode())

    def _exactly(self, length):
        parts = []
        while length > 0:
            part = self.incoming.read(length)
            if not part:
                return None
            parts.append(part)
            length -= len(part)
        return b''.join(parts)

    def write(self, kind, payload):
        with self.writing:
            self.outgoing.write(HEAD.pack(kind, len(payload)))
            self.outgoing.write(payload)
            self.outgoing.flush()

    def data(self, payload):
        self.write(DATA, payload)

    def message(self, value):
        self.write(MESSAGE, json.dumps(value).encode())

    def end(self):
        self.write(END, b'')


class Content:
    """The data frames up to the end as one file to read from. A line that breaks before is an error, never an end."""

    def __init__(self, frames):
        self.frames = frames
        self.rest = b''
        self.ended = False

    def read(self, length=CHUNK):
        while not self.rest and not self.ended:
            frame = self.frames.read()
            if frame is None:
                raise EOFError('The content broke off.')
            if frame[0] == END:
                self.ended = True
            elif frame[0] == DATA:
                self.rest = frame[1]
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken
