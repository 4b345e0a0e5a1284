import { QUERY } from './fake-query.ts';

/**
 * The simulated tools are shell scripts with an absolute interpreter, because hooks of Slurm run without a PATH.
 * They use nothing but shell built-ins, /bin/cat and /bin/sleep, and answer with the file named after their arguments.
 */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const answering = (tool: string, answers: string, usage: string, more = ''): string => `#!/bin/sh
# Simulated ${tool}; made by muster, gone when the simulation ends.
answers=${quoted(answers)}
key=${tool}
for argument in "$@"; do key="$key"_"$argument"; done
case "$key" in
  nvidia-smi_-x_-q | nvidia-smi_--query_--xml-format) key=nvidia-smi_-q_-x ;;
  nvidia-smi_nvlink_--status) key=nvidia-smi_nvlink_-s ;;
  nvidia-smi_nvlink_--errorcounters) key=nvidia-smi_nvlink_-e ;;
  nvidia-smi_topo_--matrix) key=nvidia-smi_topo_-m ;;
  nvidia-smi_--list-gpus) key=nvidia-smi_-L ;;
esac
hang() {
  # An ignored signal stays ignored across exec: one process that only SIGKILL ends, with no child to leave behind.
  trap '' TERM INT HUP
  exec /bin/sleep 86400
}
${more}case "$key" in
  */*) known=no ;;
  *) if [ -f "$answers/$key.out" ] || [ -f "$answers/$key.exit" ]; then known=yes; else known=no; fi ;;
esac
if [ "$known" = no ]; then
  # A driver that hangs or refuses does so whatever one asks.
  key=${tool}
  status=
  if [ -f "$answers/$key.exit" ]; then read -r status < "$answers/$key.exit" || :; fi
  if [ -z "$status" ]; then
    printf '%s\\n' ${quoted(usage)}
    exit 2
  fi
fi
status=0
if [ -f "$answers/$key.exit" ]; then read -r status < "$answers/$key.exit" || :; fi
case "$status" in hung*) hang ;; esac
if [ -f "$answers/$key.err" ]; then /bin/cat "$answers/$key.err" >&2; fi
if [ -f "$answers/$key.out" ]; then /bin/cat "$answers/$key.out"; fi
exit "$status"
`;

/** They answer what their callers here ask and nothing else. */
const PLAIN_TOOLS = ['ibstat', 'chronyc', 'timedatectl', 'df', 'systemctl', 'lspci', 'ethtool', 'dcb'] as const;

const plainUsage = (tool: string): string => `The simulated ${tool} answers only what muster asks of it.`;

/** Scripts by name; `answers` is the folder in which the owner keeps what the tools say. */
export const fakeTools = (answers: string): ReadonlyMap<string, string> =>
  new Map([
    [
      'nvidia-smi',
      answering(
        'nvidia-smi',
        answers,
        'The simulated nvidia-smi does not know these arguments; it answers: (none), -L, -q -x, nvlink -s, nvlink -e, topo -m, --query-gpu=… --format=csv.',
        QUERY,
      ),
    ],
    ...PLAIN_TOOLS.map((tool) => [tool, answering(tool, answers, plainUsage(tool))] as const),
  ]);
