import { z } from 'zod';

/** Members that the query of every list takes; spread them into its `z.strictObject`. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many at most'),
  cursor: z.string().min(1).max(2048).optional().describe('`next` of the page before, with the same filters and sort'),
};

/** The answer of a list: `next` is the cursor of the following page, null on the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item, id: string) =>
  z
    .strictObject({
      items: z.array(item),
      next: z.string().nullable(),
      total: z.int().min(0).describe('How many there are on all pages'),
    })
    .meta({ id });

export interface Page<Item> {
  items: Item[];
  next: string | null;
  total: number;
}

export const mapPage = <From, To>(page: Page<From>, present: (item: From) => To): Page<To> => ({
  ...page,
  items: page.items.map(present),
});

/** A query parameter that says yes or no. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A query parameter that may come once or many times (`?phase=Running&phase=Stopped`). */
export const repeated = <Item extends z.ZodType>(item: Item, most = 50) =>
  z.preprocess((value) => (value === undefined ? undefined : [value].flat()), z.array(item).max(most).optional());
