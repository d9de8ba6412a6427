import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from '../../runtimes/runtime.ts';
import { assetsMount } from './process.ts';

export const assets: Assets[] = [
  {
    mountPath: assetsMount,
    files: { 'usage.js': readFileSync(join(import.meta.dirname, 'usage-plugin', 'usage.js'), 'utf8') },
  },
];
