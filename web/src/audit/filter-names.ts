/** What narrows the list, as the address has it. */
export const filterNames = ['actor', 'action', 'outcome', 'objectType', 'objectId', 'requestId', 'from', 'to'] as const;
export type FilterName = (typeof filterNames)[number];
