"""What a driver does first: its tools are noted down, and supervisord is there to be started."""
import os
import platform
import re
import shutil
import subprocess
import sys

from faults import Fault
from place import held, read_json, remove_tree, write_json

# Of the environment of whoever connects: what npm and pip need to find their registry, and nothing else.
PASSED_ON = re.compile(
    r'^(HOME|PATH|LANG|TMPDIR|(https?|no|all)_proxy|npm_config_.*|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|PIP_.*)$', re.I
)
REMEDY = 'Install Python 3 with pip (Debian: apt-get install python3-pip).'


def connect(place, wanted):
    node = wanted.get('node') or shutil.which('node')
    npm = wanted.get('npm') or ([found] if (found := shutil.which('npm')) else None)
    if not node or not npm:
        raise Fault('cluster.refused', 'Node with npm was not found on the machine. Install Node 24, with npm on the PATH.')
    supervisor = ensure_supervisor_program(place, wanted['requirements'], wanted.get('cache') or place.folder('cache'))
    link(place.path('supervisor'), supervisor)
    link(place.path('keeper'), place.keeper())
    tools = {'node': node, 'npm': npm, 'environment': environment_passed_on(), 'scope': has_scopes()}
    if read_json(place.path('tools.json')) != tools:
        write_json(place.path('tools.json'), tools)
    system = '%s %s' % (platform.system(), platform.release())
    return {'version': 'supervisord %s on %s' % (wanted['supervisorVersion'], system), 'enforced': tools['scope']}


def environment_passed_on():
    return {name: value for name, value in os.environ.items() if PASSED_ON.match(name)}


def link(path, target):
    if os.path.islink(path) and os.readlink(path) == target:
        return
    temporary = '%s.%d' % (path, os.getpid())
    os.symlink(target, temporary)
    os.rename(temporary, path)


def ensure_supervisor_program(place, requirements, cache):
    """A folder for each content of the list of pinned hashes, made beside its place and there by one rename."""
    os.makedirs(cache, mode=0o700, exist_ok=True)
    name = 'supervisor-%s-python%d.%d' % (requirements['hash'], *sys.version_info[:2])
    folder = os.path.join(os.path.realpath(cache), name)
    with held(os.path.join(cache, '.lock-' + name)):
        if os.path.isdir(folder):
            return folder
        temporary = folder + '.new'
        remove_tree(temporary)
        os.mkdir(temporary, 0o700)
        listed = os.path.join(temporary, 'requirements.txt')
        with open(listed, 'w', encoding='utf-8') as file:
            file.write(requirements['content'])
        options = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:']
        command = [sys.executable, '-m', 'pip', 'install', *options, '--require-hashes', '--target', temporary, '-r', listed]
        done = subprocess.run(
            command, env=environment_passed_on(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode != 0:
            said = done.stdout.decode(errors='replace').strip()[-500:]
            raise Fault('cluster.refused', 'supervisord could not be installed by pip. %s\n%s' % (REMEDY, said))
        os.rename(temporary, folder)
    return folder


def has_scopes():
    """Whether systemd gives a process a cgroup of its own, with bounds that the kernel keeps."""
    if not shutil.which('systemd-run') or not os.path.exists('/sys/fs/cgroup/cgroup.controllers'):
        return False
    runtime = {'XDG_RUNTIME_DIR': '/run/user/%d' % os.getuid(), **os.environ}
    command = ['systemd-run', '--user', '--scope', '--quiet', '--collect', '-p', 'MemoryMax=64M', 'true']
    quiet = subprocess.DEVNULL
    try:
        return subprocess.run(command, env=runtime, stdout=quiet, stderr=quiet, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
