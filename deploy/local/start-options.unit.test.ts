import { describe, expect, it } from 'vitest';
import { readStartOptions } from './start-options.ts';

describe('the options of npm start', () => {
  it('are a local Kubernetes on port 8080 by default, also when that is asked for', () => {
    expect(readStartOptions(['--data', '/d'])).toEqual({ data: '/d', reset: false, port: 8080 });
    expect(readStartOptions(['--data', '/d', '--kubernetes'])).toEqual({ data: '/d', reset: false, port: 8080 });
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
