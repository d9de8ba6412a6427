import type { AccessScope } from '../http/route.ts';

/** What the table of roles cannot know: whether the person has made the thing himself. */
export const isOwn = (on: AccessScope, userId: string): boolean => on !== 'platform' && on.createdBy === userId;
