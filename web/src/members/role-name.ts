import { useText } from '../i18n/use-text.ts';

/** A tenant's own role has its name with it; the built-in ones have one in each language. */
export function useRoleName() {
  const { word } = useText();
  return ({ role, roleName }: { role: string; roleName: string | null }): string =>
    roleName ?? word('access.roles', role);
}
