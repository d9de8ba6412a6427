export const invitation = {
  title: 'You are invited',
  offer: '{who} offers you this role in {place}: {role}.',
  accept: 'Accept as {name}',
  signIn: 'I have an account: sign in',
  newAccount: 'Or make a new account',
  nameHint: "Lower-case letters, digits, and . _ {'@'} -",
  displayName: 'Your name',
  passwordHint: 'At least 12 characters.',
  register: 'Make the account and join',
};
