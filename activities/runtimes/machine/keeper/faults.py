"""What a call fails with: a code of the platform's catalogue, and a sentence."""


class Fault(Exception):
    def __init__(self, code, detail):
        super().__init__(detail)
        self.code = code
        self.detail = detail


def not_running():
    return Fault('instance.state-conflict', 'No process of the instance is running.')
