import { describe, expect, it } from 'vitest';
import { readStartOptions } from './start-options.ts';

describe('the options of npm start', () => {
  it('are this machine by default, and a local Kubernetes where that is asked for', () => {
    const usual = { data: '/d', reset: false };
    const runOn = (...args: string[]) => readStartOptions(['--data', '/d', ...args]);
    expect(runOn()).toEqual({ ...usual, runOn: { kind: 'machine' } });
    expect(runOn('--kubernetes')).toEqual({ ...usual, runOn: { kind: 'kubernetes', node: true } });
    expect(runOn('--no-node')).toEqual({ ...usual, runOn: { kind: 'kubernetes', node: false } });
    expect(runOn('--kubernetes', '--no-node')).toEqual({ ...usual, runOn: { kind: 'kubernetes', node: false } });
  });

  it('tell a port that was named from none', () => {
    expect(readStartOptions(['--port', '8080'])).toMatchObject({ port: 8080 });
    expect(readStartOptions([])).not.toHaveProperty('port');
  });

  it('name a cluster only by file and context together', () => {
    expect(readStartOptions(['--kubeconfig', '/k', '--context', 'mine'])).toMatchObject({
      runOn: { kind: 'given', kubeconfig: '/k', context: 'mine' },
    });
    expect(() => readStartOptions(['--kubeconfig', '/k'])).toThrow(/go together/);
    expect(() => readStartOptions(['--context', 'mine'])).toThrow(/go together/);
    const both = ['--kubeconfig', '/k', '--context', 'mine', '--kubernetes'];
    expect(() => readStartOptions(both)).toThrow(/Either/);
  });

  it('are refused, with the usage, when they are not known or make no sense', () => {
    expect(() => readStartOptions(['--frobnicate'])).toThrow(/--frobnicate[^]*npm start/);
    expect(() => readStartOptions(['--port', 'http'])).toThrow(/no TCP port/);
  });
});
