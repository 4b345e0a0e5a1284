import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Reading } from '../../api.ts';
import { readEnforcement } from '../../config/enforcement.ts';
import { loadWebConfig } from '../../config/web/load.ts';
import { JOB_SOCKET } from '../../server/control-protocol.ts';
import { directoryProblem } from '../../server/sockets/directory-problem.ts';
import { processDisk } from '../../store/disk.ts';
import { accountName } from '../ask.ts';
import { columns, type Problem, type Section } from './section.ts';
import type { Seen } from './seen.ts';

interface Item {
  readonly name: string;
  readonly value: string;
  readonly problem?: Omit<Problem, 'about'>;
}

const DISK_DEADLINE_MS = 1000;

const nodeVersion = (): Item => {
  const { version, versions, execPath } = process;
  const least = packageJson.engines.node.replace('>=', '');
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  const isOld = major < leastMajor || (major === leastMajor && minor < leastMinor);
  const value = `Node ${version} (${execPath})`;
  if (!isOld) return { name: 'runtime', value };
  return {
    name: 'runtime',
    value,
    problem: { message: `${value} is too old`, cure: `install Node ${least} or later` },
  };
};

const user = (): Item => {
  const uid = process.getuid?.();
  return { name: 'user', value: `${accountName() ?? 'no name'}${uid === undefined ? '' : ` (uid ${uid})`}` };
};

/** The directory, or the nearest one above it in which it would be made. */
const writableAt = async (directory: string): Promise<string> => {
  try {
    await stat(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return writableAt(dirname(directory));
    throw error;
  }
  await access(directory, constants.W_OK);
  return directory;
};

const directoryItem = async (name: string, directory: string, use: string): Promise<Item> => {
  const found: Reading<string> = await processDisk.attempt(directory, DISK_DEADLINE_MS, () => writableAt(directory));
  if (!found.ok) {
    const cure = `let uid ${process.getuid?.() ?? '?'} write it, or name another one with ${use}`;
    return { name, value: `${directory}: cannot be written`, problem: { message: found.detail, cure } };
  }
  return { name, value: found.value === directory ? directory : `${directory} (made when it is needed)` };
};

const sharedSafely = async (directory: string): Promise<Item | undefined> => {
  const problem = await processDisk.attempt(directory, DISK_DEADLINE_MS, async () => directoryProblem(directory));
  if (!problem.ok || problem.value === undefined) return undefined;
  const [what = '', cure = ''] = problem.value.split('; ');
  return { name: 'sockets', value: 'not safe', problem: { message: `${directory} ${what}`, cure } };
};

const agentItems = async ({ agent, machine }: Seen): Promise<readonly Item[]> => {
  if (agent.reached && agent.answer.ok) {
    const socket = join(machine.runtimeDir, JOB_SOCKET);
    const open = await processDisk.attempt(socket, DISK_DEADLINE_MS, () => stat(socket));
    return [
      { name: 'agent', value: 'answers' },
      { name: 'job socket', value: open.ok ? socket : `not there: ${open.detail}` },
    ];
  }
  const words = agent.reached ? (agent.answer.ok ? '' : agent.answer.error) : agent.message;
  // A node that is only validated needs none, and who may not ask it is told by whom it may be asked.
  const isWrong = !agent.reached && (agent.why === 'no-answer' || agent.why === 'garbage');
  const [message = '', ...cure] = words.split('; ');
  return [
    {
      name: 'agent',
      value: words,
      ...(isWrong ? { problem: { message, cure: cure.join('; ') || 'restart it' } } : {}),
    },
  ];
};

const killSwitch = ({ config }: Seen): Item => {
  const enforcement = readEnforcement(config.killSwitch);
  if (enforcement.enabled) return { name: 'kill switch', value: `not pulled (${config.killSwitch})` };
  const message = `nothing is enforced on this node: ${enforcement.reason}`;
  const problem = { message, cure: `rm ${config.killSwitch} when that is over` };
  return { name: 'kill switch', value: `PULLED (${config.killSwitch}): ${enforcement.reason}`, problem };
};

const roots = ({ config: { roots: set }, machine }: Seen): readonly Item[] =>
  (
    [
      ['sysfs', set.sysfs, '/sys', 'MUSTER_SYSFS_ROOT'],
      ['proc', set.proc, '/proc', 'MUSTER_PROC_ROOT'],
      ['kernel log', set.kmsg, '/dev/kmsg', 'MUSTER_KMSG'],
    ] as const
  ).map(([name, given, usual, variable]) => ({
    name,
    value:
      given !== undefined
        ? `${given} (${variable})`
        : machine.node.mock === undefined
          ? usual
          : `${usual} of the simulated machine`,
  }));

/** Certificates and passwords are read as the agent would read them; nothing of them is shown. */
const web = ({ config: { webConfigFile: file } }: Seen): readonly Item[] => {
  if (file === undefined) return [];
  try {
    loadWebConfig(file);
    return [{ name: 'web configuration', value: file }];
  } catch (error) {
    const [message = '', ...cure] = (error as Error).message.split('; ');
    const problem = { message, cure: cure.join('; ') || 'see docs/web.md' };
    return [{ name: 'web configuration', value: `${file}: refused`, problem }];
  }
};

/** The process, its directories and sockets, the agent, the kill switch. */
export const nodeSection = async (seen: Seen): Promise<Section> => {
  const { machine, config } = seen;
  const isRoot = process.getuid?.() === 0;
  const safe = await sharedSafely(machine.runtimeDir);
  const items: readonly Item[] = [
    { name: 'name', value: config.nodeName },
    nodeVersion(),
    user(),
    ...roots(seen),
    await directoryItem('state directory', machine.stateDir, 'state_dir'),
    await directoryItem('runtime directory', machine.runtimeDir, 'runtime_dir'),
    ...(safe === undefined ? [] : [safe]),
    ...(await agentItems(seen)),
    killSwitch(seen),
    ...web(seen),
  ];
  return {
    name: 'node',
    problems: items.flatMap(({ name, problem }) => (problem === undefined ? [] : [{ about: name, ...problem }])),
    lines: columns(items.map(({ name, value }) => [name, value])),
    json: { root: isRoot, ...Object.fromEntries(items.map(({ name, value }) => [name.replaceAll(' ', '_'), value])) },
  };
};
