import { z } from 'zod';
import { obstacles, preferences } from './choose-place.ts';
import type { Placement } from './find-place.ts';

const cluster = { id: z.uuid(), name: z.string() };

const PlaceVerdict = z
  .discriminatedUnion('outcome', [
    z.strictObject({
      ...cluster,
      outcome: z.literal('chosen'),
      by: z.enum([...preferences, 'only-one', 'named']).describe('What decided over the next best one'),
    }),
    z.strictObject({
      ...cluster,
      outcome: z.literal('passed-over'),
      by: z.enum(preferences).describe('What decided for the chosen one'),
    }),
    z.strictObject({ ...cluster, outcome: z.literal('unfit'), obstacles: z.array(z.enum(obstacles)) }),
  ])
  .meta({ id: 'PlaceVerdict' });

export const PlacementAnswer = z
  .strictObject({
    by: z.enum(['person', 'platform']).describe('Who chose'),
    labels: z.record(z.string(), z.string()).describe('That were to choose by'),
    verdicts: z.array(PlaceVerdict).describe('Of the clusters that this tenant can see, the chosen one first'),
  })
  .meta({ id: 'Placement' });

export const presentPlacement = ({ by, labels, verdicts }: Placement): z.infer<typeof PlacementAnswer> => ({
  by,
  labels,
  verdicts,
});
