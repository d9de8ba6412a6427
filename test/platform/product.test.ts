import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformApi } from '../../deploy/local/platform-api.ts';
import type { TestProduct } from './product.ts';
import { startTestProduct } from './product.ts';

describe('the product on a machine of its own', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startTestProduct();
  });
  afterAll(() => product?.stop());

  const listClusters = () => platformApi(product.api.healthUrl, product.administrator).get('/clusters');

  it('lets its administrator in with the generated password', async () => {
    expect((await listClusters()).body).toMatchObject({ items: [] });
  });

  it.runIf(process.platform === 'linux').each(['api', 'worker', 'observer'] as const)(
    'does not tell its %s how to become the owner of the database',
    (kind) => {
      const environment = readFileSync(`/proc/${product[kind].pid()}/environ`, 'utf8');
      expect(environment).toContain('DATABASE_URL=');
      expect(environment).not.toContain('DATABASE_OWNER_URL');
    },
  );

  it.each(['api', 'worker', 'observer'] as const)('gets its %s back after kill -9', async (kind) => {
    await product[kind].kill('SIGKILL');
    expect(product[kind].pid()).toBeUndefined();
    await product[kind].restart();
    expect(await fetch(`${product[kind].healthUrl}/healthz`)).toMatchObject({ status: 200 });
  });

  it('serves from a second api as well', async () => {
    const second = await product.startReplica('api');
    await product.api.kill('SIGKILL');
    expect((await platformApi(second.healthUrl, product.administrator).get('/clusters')).status).toBe(200);
    await product.api.restart();
  });
});
