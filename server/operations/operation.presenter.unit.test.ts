import { describe, expect, it } from 'vitest';
import type { Caller } from '../access/caller.ts';
import type { Permission } from '../access/permissions.ts';
import { presentOperation, type OperationRow } from './operation.presenter.ts';

const row = {
  id: '01a2039e-0000-7000-8000-000000000001',
  tenantId: 'acme',
  kind: 'instance.provision',
  phase: 'Running',
  createdAt: new Date(0),
  newest: true,
} as OperationRow;
const whoMay = (...held: Permission[]): Caller =>
  ({ can: (permission: Permission) => held.includes(permission) }) as unknown as Caller;
const temporalUi = { url: 'https://portal.example.test/temporal', namespace: 'a/b c' };

describe('where the run of an operation is looked into', () => {
  it('is told to those alone who may look there', () => {
    expect(presentOperation(row, whoMay('operation:read'), temporalUi).temporalUrl).toBeNull();
    expect(presentOperation(row, whoMay('temporal:read'), temporalUi).temporalUrl).toContain(row.id);
    expect(presentOperation(row, whoMay('temporal:read'), null).temporalUrl).toBeNull();
  });

  it('is an address in which no part ends another', () => {
    const { temporalUrl } = presentOperation(row, whoMay('temporal:read'), temporalUi);
    expect(temporalUrl).toMatch(/^https:\/\/portal\.example\.test\/temporal\/namespaces\/a%2Fb%20c\/workflows\/[^/]+$/);
  });
});
