import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from '../../runtimes/runtime.ts';
import { assetsMount, assetsVariable } from './process.ts';

/** Counts for the platform what the agent does; its name is also that of its folder's manifest. */
export const metricsPlugin = 'open-cluster-claw-metrics';

/** Versions before leave the plugin out by themselves, with a warning: their plugin interface is an older one. */
export const usageSince = '2026.9.1';

const folder = 'metrics';

/**
 * In a folder of its own below the mount: the mount itself can be written by everyone as the kubelet makes it, and
 * OpenClaw loads nothing from such a place.
 */
export const metricsPluginPath = `\${${assetsVariable}}/${folder}`;

const fileNames = ['index.js', 'openclaw.plugin.json', 'package.json'];

export const assets: Assets[] = [
  {
    mountPath: assetsMount,
    files: Object.fromEntries(
      fileNames.map((name) => [
        `${folder}/${name}`,
        readFileSync(join(import.meta.dirname, 'metrics-plugin', name), 'utf8'),
      ]),
    ),
  },
];
