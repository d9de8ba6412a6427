/** Where the portal's origin shows Temporal's own UI; the UI has to be told that it is there (its public path). */
export const temporalUiPath = '/temporal';
