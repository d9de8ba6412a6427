import { describe, expect, it } from 'vitest';

import { requireWell, verdictIn } from './tool-wire.ts';

describe('the verdict of a program beside the state', () => {
  it('is its last line, once that is whole, and says how much came before it', () => {
    const said = 'a warning\n{"ok":true,"outputBytes":7}\n';
    for (let length = 0; length < said.length; length += 1) expect(verdictIn(said.slice(0, length))).toBeUndefined();
    expect(verdictIn(said)).toEqual({ ok: true, outputBytes: 7 });
    expect(() => requireWell(said)).not.toThrow();
  });

  it('is what is thrown where it refuses, and a connection that broke where there is none', () => {
    const refusal = '\n{"ok":false,"code":"file.path-refused","detail":"leads out"}\n';
    expect(() => requireWell(refusal)).toThrow(expect.objectContaining({ code: 'file.path-refused' }));
    const failure = '\n{"ok":false,"code":null,"detail":"no space left"}\n';
    expect(() => requireWell(failure)).toThrow(expect.objectContaining({ code: 'backup.failed' }));
    expect(() => requireWell('a warning\n')).toThrow(expect.objectContaining({ code: 'cluster.unavailable' }));
  });
});
