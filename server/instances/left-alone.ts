/** Rolled back so often, it is for a person to find out why. */
export const rollbacksAtMost = 3;

/** Rollouts that bring something new do not touch it, until it is changed by hand. */
export const isLeftAlone = ({ rollbacks }: { rollbacks: number }): boolean => rollbacks >= rollbacksAtMost;
