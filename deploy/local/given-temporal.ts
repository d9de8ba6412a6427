import { Connection } from '@temporalio/client';
import { searchAttributeNames } from './temporal.ts';

const keyword = 2; // INDEXED_VALUE_TYPE_KEYWORD

export interface TemporalPlace {
  address: string;
  namespace: string;
  uiUrl: string;
}

/**
 * Makes a Temporal that was given rather than started ready for the product: its search attributes are added.
 * @throws Error when it cannot be reached or has no such namespace
 */
export async function useGivenTemporal(address: string): Promise<TemporalPlace> {
  const namespace = process.env.TEMPORAL_NAMESPACE ?? 'default';
  const connection = await Connection.connect({ address });
  try {
    const types = Object.fromEntries(searchAttributeNames.map((name) => [name, keyword]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: types });
  } finally {
    await connection.close();
  }
  return { address, namespace, uiUrl: process.env.TEMPORAL_UI_URL ?? '' };
}
