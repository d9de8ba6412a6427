"""Whether an agent answers its readiness probe. Asked by whoever observes, and remembered by that process only."""
import http.client
import threading
import time


class Probes:
    def __init__(self):
        self.known = {}
        self.lock = threading.Lock()

    def is_ready(self, process, port, probe, fresh):
        """@param fresh: ask now, whatever was answered before"""
        identity = (process['pid'], process['began'])
        with self.lock:
            last = self.known.get(identity)
            if last and last['ready'] and not fresh and time.monotonic() - last['at'] < probe['periodSeconds']:
                return True
        answers = does_answer(port, probe)
        with self.lock:
            last = self.known.get(identity, {'ready': False, 'failures': 0})
            failures = 0 if answers else last['failures'] + 1
            ready = answers or (last['ready'] and failures < probe['failureThreshold'])
            self.known[identity] = {'ready': ready, 'failures': failures, 'at': time.monotonic()}
            return ready

    def forget_others(self, identities):
        with self.lock:
            self.known = {identity: seen for identity, seen in self.known.items() if identity in identities}


def does_answer(port, probe):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=probe['timeoutSeconds'])
    try:
        connection.request('GET', probe['path'], headers={'Connection': 'close'})
        return 200 <= connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
