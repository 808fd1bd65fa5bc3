const keys = { ctrlC: '\x03', ctrlD: '\x04', ctrlZ: '\x1a' };

/**
 * While something is shown in place, what is typed is not shown; q and Ctrl-C end it, Ctrl-Z stops the process as ever.
 * Gives the function that puts the terminal back as it was. Does nothing where there is no terminal.
 */
export function listenToKeys(onEnd: () => void, onContinue: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const listen = (data: Buffer | string): void => {
    const typed = String(data);
    if (/q/i.test(typed) || typed.includes(keys.ctrlC) || typed.includes(keys.ctrlD)) onEnd();
    else if (typed.includes(keys.ctrlZ)) {
      stdin.setRawMode(false);
      // As the terminal would: npm and the shell between have to stop, too.
      process.kill(0, 'SIGTSTP');
    }
  };
  const goOn = (): void => {
    // The shell has changed the terminal behind our back: only a change sets it.
    stdin.setRawMode(false).setRawMode(true);
    onContinue();
  };
  process.on('SIGCONT', goOn);
  stdin.setRawMode(true).on('data', listen).resume();
  return () => {
    process.off('SIGCONT', goOn);
    stdin.setRawMode(false).off('data', listen).pause();
  };
}
