"""One installation of each version of a package, shared by all who run it."""
import os
import re
import shutil
import signal
import subprocess
import tempfile

from faults import Fault
from place import held, names_in, read_json, remove_tree, write_json
from processes import die_with_parent

PACKAGE = re.compile(r'^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@[0-9][0-9A-Za-z.+-]*$')
REFUSED = ('E404', 'ETARGET', 'EINVALIDPACKAGENAME', 'EINTEGRITY', 'EBADENGINE', 'EBADPLATFORM')
COMPLETE = '.complete.json'
# Left by a package whose own installation has not run.
PENDING_MARKERS = ('.openclaw-lifecycle-pending',)


class Unavailable(Exception):
    """@param refused: the registry says that it has no such thing, so that nobody waits for it"""

    def __init__(self, detail, refused):
        super().__init__(detail)
        self.detail = detail
        self.refused = refused


def folder_of(place, package):
    if not PACKAGE.fullmatch(package):
        raise Fault('agent.version-unfit', 'A package is written as name@version.')
    return place.path('packages', package.replace('/', '+'))


def installed(place, package):
    folder = folder_of(place, package)
    return folder if os.path.exists(os.path.join(folder, COMPLETE)) else None


def programs_of(folder):
    return os.path.join(folder, 'node_modules', '.bin')


def install(place, package, tools):
    """Beside its place, and there by one rename: what is there is whole. Whoever comes meanwhile waits for the lock."""
    folder = folder_of(place, package)
    place.folder('packages')
    with held(place.path('packages', '.lock-' + os.path.basename(folder))):
        if installed(place, package):
            return folder
        remove_leftovers(place, folder)
        temporary = tempfile.mkdtemp(dir=place.path('packages'), prefix='.new-%s-' % os.path.basename(folder))
        try:
            install_into(temporary, package, tools)
            write_json(os.path.join(temporary, COMPLETE), {'package': package})
            os.rename(temporary, folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return folder


def remove_leftovers(place, folder):
    for name in names_in(place.path('packages')):
        if name.startswith('.new-%s-' % os.path.basename(folder)):
            remove_tree(place.path('packages', name))
    remove_tree(folder)


def install_into(folder, package, tools):
    name = package.rpartition('@')[0]
    # An own package.json keeps npm from looking for one further up.
    write_json(os.path.join(folder, 'package.json'), {'private': True})
    options = ['--no-audit', '--no-fund', '--no-update-notifier', '--omit=dev', '--save-exact', '--loglevel=error']
    npm(folder, ['install', *options, package], tools)
    allow_scripts(folder, tools)
    module = os.path.join(folder, 'node_modules', *name.split('/'))
    found = read_json(os.path.join(module, 'package.json')) or {}
    if found.get('version') != package.rpartition('@')[2]:
        raise Unavailable('npm installed version %s of %s.' % (found.get('version'), name), True)
    for above, _, names in os.walk(module):
        if any(marker in names for marker in PENDING_MARKERS):
            raise Unavailable('The installation of %s did not end.' % package, False)
        if os.path.relpath(above, module).count(os.sep) > 1:
            break


def allow_scripts(folder, tools):
    """npm 12 leaves the packages' own installation out unless it is named, and says nothing."""
    version = npm(folder, ['--version'], tools).strip()
    if int(version.split('.')[0]) < 12:
        return
    lock = read_json(os.path.join(folder, 'node_modules', '.package-lock.json')) or {}
    named = {
        path.rpartition('node_modules/')[2]: True
        for path, entry in lock.get('packages', {}).items()
        if entry.get('hasInstallScript')
    }
    if named:
        manifest = read_json(os.path.join(folder, 'package.json'))
        write_json(os.path.join(folder, 'package.json'), {**manifest, 'allowScripts': named})
        npm(folder, ['rebuild', '--loglevel=error'], tools)


def npm(folder, arguments, tools):
    environment = {
        **tools['environment'],
        'PATH': os.path.dirname(tools['node']) + ':' + tools['environment'].get('PATH', os.defpath),
    }
    child = subprocess.Popen(
        [*tools['npm'], *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: die_with_parent(signal.SIGKILL),
    )
    output, errors = child.communicate()
    if child.returncode == 0:
        return output.decode(errors='replace')
    said = ' '.join(errors.decode(errors='replace').split())[:500]
    refused = any('code ' + code in said for code in REFUSED)
    raise Unavailable(said or 'npm ended with %d' % child.returncode, refused)
