export const events = {
  title: 'Events',
  noneTitle: 'Nothing has happened yet',
  instanceChanged: 'Now {phase}',
  operationChanged: '{kind}: {phase}',
  stepChanged: '{kind}: {step} · {state}',
  driftChanged: 'Compared: {state}',
  by: 'by {name}',
};
