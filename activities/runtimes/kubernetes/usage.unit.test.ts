import { describe, expect, it } from 'vitest';
import { readFigures } from './usage.ts';

describe('the figures of a control group', () => {
  it('are read from the second version', () => {
    const said = [
      '# cpu.stat',
      'usage_usec 2500000',
      'user_usec 1500000',
      '# memory.stat',
      'anon 1000',
      'file 500000',
      'file_mapped 200',
      'inactive_file 300',
    ];
    expect(readFigures(said.join('\n'))).toEqual({ cpuSeconds: 2.5, memoryBytes: 1200 });
  });

  it('are read from the first version, with those of groups below', () => {
    const said = [
      '# cpuacct/cpuacct.usage',
      '2500000000',
      '# memory/memory.stat',
      'rss 1',
      'mapped_file 2',
      'total_rss 1000',
      'total_mapped_file 200',
    ];
    expect(readFigures(said.join('\n'))).toEqual({ cpuSeconds: 2.5, memoryBytes: 1200 });
  });

  it('are none where there are no files of either', () => {
    expect(readFigures('')).toBeNull();
    expect(readFigures('# cpu.stat\nusage_usec 1')).toBeNull();
  });
});
