import { expect, it } from 'vitest';
import { sourcePointer } from './source-pointer.ts';

const provenance = {
  '/agent/model': 'template',
  '/agent/heartbeatMinutes': 'default',
  '/logging/level': 'instance',
  '/native/agents/defaults/frobnicate': 'tenant',
  '/native/hooks': 'platform',
} as const;
const of = (pointer: string, own = '/instances/alpha') => sourcePointer(`/configuration${pointer}`, own, provenance);

it('leads to the layer that has written the value', () => {
  expect(of('/agent/model')).toBe('/template/configuration/agent/model');
  expect(of('/native/agents/defaults/frobnicate')).toBe('/tenant/configuration/native/agents/defaults/frobnicate');
});

it('leads to the instance by its name where the value is its own', () => {
  expect(of('/logging/level')).toBe('/instances/alpha/configuration/logging/level');
});

it('leads into what was sent where that is the instance’s own layer', () => {
  expect(of('/logging/level', '')).toBe('/configuration/logging/level');
  expect(of('/agent/model', '')).toBe('/template/configuration/agent/model');
});

it('leads to who wrote all of what a fault is about, and to who wrote what it lies within', () => {
  expect(of('/native/agents')).toBe('/tenant/configuration/native/agents');
  expect(of('/agent')).toBe('/template/configuration/agent');
  expect(of('/native/hooks/enabled')).toBe('/platform/configuration/native/hooks/enabled');
});

it('stays in what was rendered where nobody, or more than one, has written it', () => {
  expect(of('/agent/heartbeatMinutes')).toBe('/configuration/agent/heartbeatMinutes');
  expect(of('/native')).toBe('/configuration/native');
  expect(of('')).toBe('/configuration');
  expect(of('/agent/modelOfAnother')).toBe('/configuration/agent/modelOfAnother');
  expect(sourcePointer('/configuration/agent', '/instances/alpha', null)).toBe('/configuration/agent');
});
