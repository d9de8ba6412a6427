export const events = {
  title: 'Events',
  noneTitle: 'Nothing has happened yet',
  instanceChanged: 'is now {phase}',
  operationChanged: '{kind}: {phase}',
  other: '{type}',
  by: 'by {name}',
};
