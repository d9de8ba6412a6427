import type Docker from 'dockerode';

import { soon, type Engine } from './engine.ts';
import { isMissing } from './faults.ts';
import type { StoredRecord } from './record.ts';

const folder = '/run/open-cluster-claw';

/** Without a name, so that it goes with its container, and stays for as long as that is started again. */
export const pausesMount: Docker.MountSettings = { Type: 'volume', Source: '', Target: folder };

/**
 * Begins with the pause, then becomes the program. A program that had run for a while begins at once; one that ends at
 * its start waits twice as long each time, up to a minute.
 */
const program = `
file=${folder}/starts; now=$(date +%s); count=0; last=0
if [ -r "$file" ]; then read -r count last < "$file"; fi
if [ $((now - last)) -gt $((10 + count * count)) ]; then count=0; fi
pause=0; if [ "$count" -gt 0 ]; then pause=$((1 << (count - 1))); fi
if [ "$pause" -gt 60 ]; then pause=60; fi
if [ "$count" -lt 7 ]; then count=$((count + 1)); fi
if [ "$pause" -gt 0 ]; then trap 'exit 143' TERM INT; sleep "$pause" & wait $!; trap - TERM INT; fi
echo "$count $(date +%s)" > "$file"
exec "$@"`;

/**
 * Docker waits longer each time before it starts a program again that ends at its start; Podman does not, and would
 * start it some hundred times a minute. So there the image's own shell waits. @returns what to run, null where the
 * engine does it, or where the image has no shell
 */
export async function pausingOf(
  engine: Engine,
  { containerId, wanted }: StoredRecord,
  signal: AbortSignal,
): Promise<string[] | null> {
  if (engine.kind !== 'podman') return null;
  try {
    await engine.docker.getContainer(containerId).infoArchive({ path: '/bin/sh', ...soon(signal) });
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  const own = wanted.template.command ?? (await commandOf(engine, wanted.template.image, signal));
  return ['/bin/sh', '-c', program, 'agent', ...own];
}

async function commandOf(engine: Engine, image: string, signal: AbortSignal): Promise<string[]> {
  const found = await engine.images.inspect(image, signal);
  const listed = (value: string | string[] | undefined | null): string[] => (Array.isArray(value) ? value : []);
  return [...listed(found?.Config.Entrypoint), ...listed(found?.Config.Cmd)];
}
