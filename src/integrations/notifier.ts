import type { CommandResult, Host, Reading } from '../api.ts';

/** What one call of `systemd-notify` says; the names are those of sd_notify(3). */
export interface Notification {
  readonly phase?: 'READY' | 'RELOADING' | 'STOPPING';
  readonly status?: string;
  readonly isAlive?: true;
}

// Without --no-block the tool waits until systemd has read the message, itself for 5 s at most (sd_notify_barrier(3)).
const DEADLINE_MS = 5000;

// systemd drops a longer datagram than 4096 bytes (NOTIFY_BUFFER_MAX in its src/core/manager.c); UTF-8 takes up to 4 a character.
const STATUS_CHARACTERS = 500;

/** A line break would begin another assignment. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').slice(0, STATUS_CHARACTERS);

const assignments = ({ phase, status, isAlive }: Notification): readonly string[] => [
  ...(phase === undefined ? [] : [`${phase}=1`]),
  ...(status === undefined ? [] : [`STATUS=${oneLine(status)}`]),
  ...(isAlive === undefined ? [] : ['WATCHDOG=1']),
];

const failureOf = (said: Reading<CommandResult>): string | undefined => {
  if (!said.ok) return said.detail;
  const { exitCode, stderr } = said.value;
  return exitCode === 0 ? undefined : `systemd-notify: exit code ${exitCode}: ${oneLine(stderr).trim()}`;
};

/**
 * Sends one message at a time; what comes meanwhile waits as one message, in which the later word counts. What could not
 * be said is said with the next message, except a ping: that was earned then, not now. The promise never rejects.
 */
export const createNotifier = (
  host: Pick<Host, 'run'>,
  log: (line: string) => void,
): ((message: Notification) => Promise<void>) => {
  let waiting: Notification = {};
  let sending: Promise<void> | undefined;
  let isFailing = false;

  const send = async (): Promise<void> => {
    for (let args = assignments(waiting); args.length > 0; args = assignments(waiting)) {
      const { isAlive: _, ...lasting } = waiting;
      waiting = {};
      // Not --no-block: systemd cannot tell whose message it is once the sender is gone, and drops it (seen with 252: all
      // of 40 messages sent while it reloaded its units).
      const failure = failureOf(await host.run('systemd-notify', args, { deadlineMs: DEADLINE_MS }));
      if (failure !== undefined) {
        waiting = { ...lasting, ...waiting };
        if (!isFailing) log(`systemd was not told ${args.join(' ')} and restarts a silent agent: ${failure}`);
        isFailing = true;
        return;
      }
      if (isFailing) log('systemd-notify answers again');
      isFailing = false;
    }
  };

  return (message) => {
    waiting = { ...waiting, ...message };
    sending ??= send().finally(() => {
      sending = undefined;
    });
    return sending;
  };
};
