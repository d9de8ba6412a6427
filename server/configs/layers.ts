/** From the top: a lower one overrides, a higher one can lock a value. */
export const configLayers = ['platform', 'tenant', 'project', 'template', 'instance'] as const;
/** `default`: nobody wrote it, the schema's own default stands. */
export type ConfigLayer = (typeof configLayers)[number] | 'default';
