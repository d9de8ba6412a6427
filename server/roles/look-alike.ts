import unhomoglyph from 'unhomoglyph';

/**
 * Whether people would take one name for the other: the same but for case and for characters that look alike in any
 * script (the skeleton of Unicode's UTS 39). Small and large letters have look-alikes of their own, so that all are tried.
 */
export const looksLike = (one: string, other: string): boolean =>
  [asItIs, small, large].some((inCase) => skeletonOf(inCase(one)) === skeletonOf(inCase(other)));

const asItIs = (name: string): string => name;
const small = (name: string): string => name.toLowerCase();
const large = (name: string): string => name.toUpperCase();

const skeletonOf = (name: string): string =>
  unhomoglyph(name.normalize('NFKD'))
    .normalize('NFD')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase();
