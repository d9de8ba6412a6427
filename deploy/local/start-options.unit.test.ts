import { describe, expect, it } from 'vitest';
import { readStartOptions } from './start-options.ts';

describe('the options of npm start', () => {
  it('are a local Kubernetes with a node by default, also when that is asked for', () => {
    const usual = { data: '/d', reset: false, node: true };
    expect(readStartOptions(['--data', '/d'])).toEqual(usual);
    expect(readStartOptions(['--data', '/d', '--kubernetes'])).toEqual(usual);
    expect(readStartOptions(['--data', '/d', '--no-node'])).toEqual({ ...usual, node: false });
  });

  it('tell a port that was named from none', () => {
    expect(readStartOptions(['--port', '8080'])).toMatchObject({ port: 8080 });
    expect(readStartOptions([])).not.toHaveProperty('port');
  });

  it('name a cluster only by file and context together', () => {
    expect(readStartOptions(['--kubeconfig', '/k', '--context', 'mine'])).toMatchObject({
      cluster: { kubeconfig: '/k', context: 'mine' },
    });
    expect(() => readStartOptions(['--kubeconfig', '/k'])).toThrow(/go together/);
    expect(() => readStartOptions(['--context', 'mine'])).toThrow(/go together/);
  });

  it('are refused, with the usage, when they are not known or make no sense', () => {
    expect(() => readStartOptions(['--frobnicate'])).toThrow(/--frobnicate[^]*npm start/);
    expect(() => readStartOptions(['--port', 'http'])).toThrow(/no TCP port/);
  });
});
