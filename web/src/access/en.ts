export const access = {
  signIn: 'Sign in',
  signInLead: 'Manage fleets of personal AI agents.',
  name: 'User name',
  password: 'Password',
  signOut: 'Sign out',
  sessionEnded: 'Your session has ended. Sign in again to go on where you were.',
  platformWide: 'On the platform',
  roles: {
    'platform-administrator': 'Platform administrator',
    'tenant-administrator': 'Tenant administrator',
    operator: 'Operator',
    viewer: 'Viewer',
  },
  noRoles: 'No role yet',
  noRolesLead: 'You are signed in, but no tenant has given you a role. Ask its administrator.',
};
