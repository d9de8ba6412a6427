import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'keeper');

/** supervisord, pinned by version and hash. */
const requirements = readFileSync(join(import.meta.dirname, 'supervisor.requirements.txt'), 'utf8');
export const supervisor = {
  version: /^supervisor==(\S+)/m.exec(requirements)?.[1] ?? '',
  requirements: { content: requirements, hash: hashOf(requirements) },
};

const files = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith('.py'))
    .toSorted()
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
);

/** The driver's part on the machine; its folder is named by what is in it, so that two versions do not mix. */
export const keeper = { files, folder: `keeper-${hashOf(JSON.stringify(files))}` };

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/**
 * Puts the files that come as JSON into a folder of the directory, once, and says what to go on with. The one thing
 * that goes over a command line; the same here and on a remote machine.
 */
export const installProgram = `
import json, os, sys
os.umask(0o077)
directory, name = sys.argv[1:]
os.makedirs(directory, mode=0o700, exist_ok=True)
folder = os.path.join(os.path.realpath(directory), name)
files = json.load(sys.stdin)
if not os.path.isdir(folder):
    temporary = '%s.%d' % (folder, os.getpid())
    os.mkdir(temporary)
    for file, content in files.items():
        with open(os.path.join(temporary, file), 'w', encoding='utf-8') as out:
            out.write(content)
    try:
        os.rename(temporary, folder)
    except OSError:
        if not os.path.isdir(folder):
            raise
print(json.dumps({'python': sys.executable, 'folder': folder}))
`;
