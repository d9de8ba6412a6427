import { useText } from '../i18n/use-text.ts';

interface Grouped {
  resource: string;
  permissions: { name: string; action: string }[];
}

/** In the order of the catalogue, those of one noun together. */
export function byResource(names: readonly string[]): Grouped[] {
  const groups = new Map<string, Grouped>();
  for (const name of names) {
    const [resource = '', action = ''] = name.split(':');
    const group = groups.get(resource) ?? { resource, permissions: [] };
    group.permissions.push({ name, action });
    groups.set(resource, group);
  }
  return [...groups.values()];
}

/** A permission as people say it. */
export function usePermissionWords() {
  const { word } = useText();
  const resource = (name: string): string => word('roles.resource', name);
  const action = (name: string): string => word('roles.action', name);
  return {
    resource,
    action,
    permission(name: string): string {
      const [noun = '', verb = ''] = name.split(':');
      return `${resource(noun)}: ${action(verb)}`;
    },
  };
}
