import { z } from 'zod';
import { configLayers } from './layers.ts';

export const ConfigLayerName = z.enum([...configLayers, 'default']).meta({ id: 'ConfigLayer' });
