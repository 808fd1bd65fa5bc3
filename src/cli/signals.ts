const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls the listener at each signal that asks the process to end. Gives the function that ends that. */
export function onSignals(listener: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
