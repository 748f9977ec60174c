/** Milliseconds between the heartbeats of a step that beats as quickly as any; workers hold none of them back. */
export const quickestBeat = 100;
