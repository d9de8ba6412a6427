import { describe, expect, it } from 'vitest';
import { imageIdOf } from './image-id.ts';
import { containerName } from './names.ts';
import type { Kinds, Stored } from './objects.ts';

const image = 'registry.example.com/openclaw:2026.9.6';
const pulled = `registry.example.com/openclaw@sha256:${'a'.repeat(64)}`;

function podWith(imageID: string, { runs = true, ends = false } = {}): Stored<Kinds['Pod']> {
  const sidecar = { name: 'another', image: 'another:1' };
  const state = runs ? { running: {} } : { waiting: { reason: 'ImagePullBackOff' } };
  return {
    metadata: { name: 'p', uid: 'u', resourceVersion: '1', ...(ends && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { containers: [sidecar, { name: containerName, image }] },
    status: {
      containerStatuses: [
        { name: 'another', image: 'another:1', imageID: 'another@sha256:1', ready: true, restartCount: 0 },
        { name: containerName, image, imageID, state, ready: runs, restartCount: 0 },
      ],
    },
  };
}

describe('the image that a pod runs', () => {
  it.each([
    ['pulled', pulled, pulled],
    ['pulled by the Docker engine', `docker-pullable://${pulled}`, pulled],
    ['brought to the node', `sha256:${'b'.repeat(64)}`, `sha256:${'b'.repeat(64)}`],
  ])('is known by its digest where it was %s', (_how, imageID, known) => {
    expect(imageIdOf(podWith(imageID), image)).toBe(known);
  });

  it('is not known without a process, or of one that is not there yet, ends, or was made for another image', () => {
    expect(imageIdOf(undefined, image)).toBeNull();
    expect(imageIdOf(podWith('', {}), image)).toBeNull();
    expect(imageIdOf(podWith(pulled, { runs: false }), image)).toBeNull();
    expect(imageIdOf(podWith(pulled, { ends: true }), image)).toBeNull();
    expect(imageIdOf(podWith(pulled), 'registry.example.com/openclaw:2026.10.1')).toBeNull();
  });
});
