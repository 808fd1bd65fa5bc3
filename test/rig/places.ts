import { join } from 'node:path';

/** Settings that keep everything an agent writes within one folder. */
export function placesIn(folder: string): { STATE_FILE: string; LOG_FILE: string; CACHE_DIR: string } {
  return {
    STATE_FILE: join(folder, 'state', 'app_state.json'),
    LOG_FILE: join(folder, 'logs', 'automation.log'),
    CACHE_DIR: join(folder, 'cache'),
  };
}
