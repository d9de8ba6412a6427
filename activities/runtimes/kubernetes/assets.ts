import type { Assets } from '../runtime.ts';
import type { Kinds, Wire } from './objects.ts';
import { sorted } from './sorted.ts';

type PodSpec = NonNullable<Wire<Kinds['Pod']>['spec']>;
type Volume = NonNullable<PodSpec['volumes']>[number];
type Mount = NonNullable<PodSpec['containers'][number]['volumeMounts']>[number];

/** A key of a ConfigMap has no slash: files are numbered, and get their paths where they are mounted. */
const entriesOf = ({ files }: Assets, number: number): { key: string; path: string; content: string }[] =>
  sorted(files).map(([path, content], position) => ({ key: `assets-${number}-${position}`, path, content }));

/** What an instance's ConfigMap holds besides its configuration. */
export const assetData = (assets: readonly Assets[]): Record<string, string> =>
  Object.fromEntries(assets.flatMap(entriesOf).map(({ key, content }) => [key, content]));

export function assetVolumes(assets: readonly Assets[], configMap: string): { volumes: Volume[]; mounts: Mount[] } {
  const volumes = assets.map((one, number) => ({
    name: `assets-${number}`,
    configMap: { name: configMap, items: entriesOf(one, number).map(({ key, path }) => ({ key, path })) },
  }));
  const mounts = assets.map(({ mountPath }, number) => ({ name: `assets-${number}`, mountPath, readOnly: true }));
  return { volumes, mounts };
}

/** Of one ConfigMap only these files, each under its own name. */
export const fileItems = (files: Record<string, string>): { key: string; path: string }[] =>
  sorted(files).map(([name]) => ({ key: name, path: name }));
