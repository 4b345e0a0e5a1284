import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { isMusterError, usageError } from '../errors.ts';
import { EXIT_CODES } from '../report/exit-codes.ts';
import { endOnBrokenPipe } from './broken-pipe.ts';
import { durationOf } from './duration.ts';
import { leaveStuck } from './leave.ts';
import { VERSION } from './version.ts';

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

const readsMachine = (command: Command): Command =>
  command
    .option('--mock <machine[+fault[@component]]>', 'simulate a machine, for example hgx-h100-8+xid79@gpu3')
    .option('--config <file>', 'configuration file instead of /etc/muster/muster.yaml');

/** Verbs are imported when they are called, so that `--help` and a prolog stay fast. */
const createProgram = (done: (code: number) => void): Command => {
  const program = new Command('muster')
    .description('Health checks for GPU cluster nodes: before a job, during it, and who is slow.')
    .version(VERSION)
    .enablePositionalOptions()
    .helpCommand(false);

  readsMachine(program.command('agent'))
    .description('run the daemon: checks, metrics and a page, by default on http://127.0.0.1:9780')
    .option('--web.listen <host:port>', 'address to serve on')
    .option('--web.config.file <file>', 'TLS, passwords and headers, in the format of the Prometheus exporter-toolkit')
    .option('--machine <profile>', 'the machine profile this node must match')
    .action(async (options) => done(await (await import('./agent.ts')).agent(options)));

  readsMachine(program.command('validate'))
    .description('one verdict: exit 0 ready, 1 not ready, 2 could not run')
    .addOption(new Option('--level <level>', 'how much to do').choices(['quick', 'prejob', 'deep']).default('prejob'))
    .option('--machine <profile>', 'the machine profile this node must match')
    .option('--only <glob>', 'only these checks, for example gpu/* (repeatable)', collect)
    .option('--skip <glob>', 'without these checks (repeatable)', collect)
    .option('--gpus <list>', 'only findings about these GPUs: indexes or UUIDs, or all')
    .addOption(
      new Option('--timeout <duration>', 'the whole run ends by then')
        .argParser(durationOf('--timeout', '30s, 500ms or 5m'))
        .default(30, '30s'),
    )
    .option(
      '--max-age <duration>',
      "use the daemon's verdict if it is not older",
      durationOf('--max-age', '60s, 500ms or 5m'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'what makes a node not ready')
        .choices(['warning', 'critical'])
        .default('critical'),
    )
    .addOption(
      new Option('--unknown <effect>', 'what UNKNOWN does to the verdict').choices(['fail', 'pass']).default('fail'),
    )
    .option('-o, --output <format[=file]>', 'text, json, junit, nagios, npd or prometheus (repeatable)', collect)
    .option('--from <recording>', 'judge a recording or an nvidia-smi XML file instead of this machine')
    .action(async (options) => done(await (await import('./validate.ts')).validate(options)));

  program
    .command('stragglers')
    .description('who holds a job back: exit 0 nobody, or suspects only, 1 a likely straggler, 2 could not run')
    .option('--from <file...>', 'logs of nvidia-smi --query-gpu=timestamp,index,… --format=csv -l 5, one file a node')
    .option('--jobs <file>', 'CSV node,job_id; without it all files are of one job')
    .option('--steps <file>', 'CSV step,rank,seconds[,node,gpu,role]')
    .option('--prometheus <url>', 'where the metrics of the agents are: Prometheus, Thanos, Mimir or VictoriaMetrics')
    .option('--job <id>', 'only this job')
    .option('--time <time>', 'the end of what is looked at: Unix seconds or RFC 3339 (default: now)')
    .option(
      '--window <duration>',
      'how much time before it (default: 15m)',
      durationOf('--window', '15m, 1h or 900s', { needsUnit: true }),
    )
    .option('--username <name>', 'for basic authentication')
    .option('--password-file <file>', 'a file that holds the password')
    .option('--bearer-token-file <file>', 'a file that holds a token')
    .option('--ca-file <file>', 'certificates in PEM to trust besides those of the system')
    .option('--insecure-skip-verify', 'trust any certificate')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (options) => done(await (await import('./stragglers.ts')).stragglers(options)));

  readsMachine(program.command('collect'))
    .description('record what the machine says, for a bug report or a fixture')
    .requiredOption('--save <dir>', 'a new directory for the recording')
    .option(
      '--samples <count>',
      'how many samples, 5 s apart',
      (text) => {
        const count = Number(text);
        if (!Number.isInteger(count) || count < 1 || count > 100)
          throw new InvalidArgumentError('a whole number from 1 to 100.');
        return count;
      },
      2,
    )
    .action(async (options) => done(await (await import('./collect.ts')).collect(options)));

  readsMachine(program.command('profile'))
    .description('capture: write the machine profile of this machine')
    .usage('capture [options]')
    .argument('<action>', 'capture')
    .option('--from <recording>', 'of a recording or an nvidia-smi XML file instead of this machine')
    .option('--id <name>', 'the name of the profile (default: that of the profile in force, with -captured)')
    .option('-o, --output <file>', 'a new file (default: standard output)')
    .action(async (action, options) => done(await (await import('./profile.ts')).profile(action, options)));

  readsMachine(program.command('doctor'))
    .description('is the installation right: exit 0 yes, 1 something should be mended, 2 could not run')
    .addOption(
      new Option('--timeout <duration>', 'each source answers by then')
        .argParser(durationOf('--timeout', '30s, 500ms or 5m'))
        .default(30, '30s'),
    )
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (options) => done(await (await import('./doctor.ts')).doctor(options)));

  const asks = (command: Command): Command =>
    command
      .option('--config <file>', 'configuration file instead of /etc/muster/muster.yaml')
      .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'));
  const by = (command: Command): Command =>
    asks(command).option('--owner <name>', 'who asks (default: SUDO_USER, USER, LOGNAME or the account)');

  asks(program.command('events'))
    .description('what happened on this node: findings, kernel events, resets, what operators did')
    .option('--since <time>', 'a duration such as 2h, or an RFC 3339 time')
    .option('--type <type>', 'only events of this type, for example finding_raised (repeatable)', collect)
    .option('--check <glob>', 'only events of these checks, for example gpu/*')
    .option('--component <name>', 'only events about this component: gpu3, a UUID, mlx5_2')
    .option('--limit <count>', 'the last so many (default: 50)')
    .action(async (options) => done(await (await import('./events.ts')).events(options)));

  by(program.command('ack'))
    .description('say that what was found is dealt with: it ends what only service or a reboot would end')
    .usage('[COMPONENT] [CHECK] --reason TEXT')
    .argument('<subject...>', 'for example gpu3 gpu/xid-errors')
    .requiredOption('--reason <text>', 'what was done')
    .action(async (words, options) => done(await (await import('./ack.ts')).ack(words, options)));

  by(program.command('suppress'))
    .description('let findings count for nothing for a time')
    .usage('CHECK [COMPONENT] --for DURATION --reason TEXT')
    .argument('<subject...>', "for example 'thermal/*' gpu2")
    .requiredOption(
      '--for <duration>',
      'for how long, for example 30m, 4h or 7d',
      durationOf('--for', '30m, 4h or 7d', { needsUnit: true }),
    )
    .requiredOption('--reason <text>', 'why')
    .action(async (words, options) => done(await (await import('./suppress.ts')).suppress(words, options)));

  by(program.command('unsuppress'))
    .description('let them count again')
    .usage('CHECK [COMPONENT]')
    .argument('<subject...>', 'as given to suppress')
    .action(async (words, options) => done(await (await import('./suppress.ts')).unsuppress(words, options)));

  asks(program.command('control'))
    .description('ask the running agent: reload, collect, inject FAULT, recover FAULT')
    .usage('reload | collect | inject FAULT | recover FAULT')
    .argument('<request...>', 'faults are for simulated machines only')
    .action(async (words, options) => done(await (await import('./control.ts')).control(words, options)));

  program
    .command('checks')
    .description('list the checks, those of plugins too')
    .option('--config <file>', 'configuration file instead of /etc/muster/muster.yaml')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (options) => done(await (await import('./checks.ts')).listChecks(options)));

  program
    .command('explain')
    .description('what a check, an Xid, an SXid or a machine profile means, and what to do')
    .usage('[options] CHECK-ID | xid N | sxid N | profile ID')
    .argument('<subject...>')
    .option('--config <file>', 'configuration file instead of /etc/muster/muster.yaml')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (subject, options) => done(await (await import('./explain.ts')).explain(subject, options)));

  program
    .command('mock')
    .description('run a command with the tools of a simulated machine first on PATH')
    .usage('MACHINE[+FAULT[@COMPONENT]…] -- COMMAND [ARG…]')
    .argument('[machine]', 'for example gb200-nvl72+remap-pending@gpu2; without it, machines and faults are listed')
    .argument('[command...]')
    .passThroughOptions()
    .action(async (machine, command: readonly string[]) => {
      // What passes options through passes the separator too.
      const words = command[0] === '--' ? command.slice(1) : command;
      done(await (await import('./mock.ts')).mock(machine, words));
    });

  program
    .command('help')
    .description('the options of a verb')
    .argument('[verb]')
    .action((verb?: string) => {
      const command = verb === undefined ? program : program.commands.find((one) => one.name() === verb);
      if (command === undefined) throw usageError(`there is no verb ${verb}; muster --help lists them`);
      command.outputHelp();
    });

  // Our own child processes: they start the same entry again, in every way it can be packaged.
  program
    .command('mock-owner', { hidden: true })
    .argument('<args...>')
    .passThroughOptions()
    .action(async (args) => done(await (await import('./children.ts')).mockOwner(args)));
  program
    .command('plugin-child', { hidden: true })
    .argument('<args...>')
    .passThroughOptions()
    .action(async (args) => done(await (await import('./children.ts')).pluginChild(args)));
  program
    .command('inventory-child', { hidden: true })
    .action(async () => done(await (await import('./children.ts')).inventoryChild()));

  return program;
};

/** Runs the command line and returns the exit code; what cannot run is one line on stderr and 2. */
export const runProgram = async (argv: readonly string[]): Promise<number> => {
  let code = 0;
  const program = createProgram((result) => {
    code = result;
  });
  for (const command of [program, ...program.commands]) {
    const help = command === program ? 'muster --help lists the verbs' : `see muster ${command.name()} --help`;
    command
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(`${oneLine(text)}; ${help} [MUSTER_USAGE]\n`) });
  }
  // The owner of a simulation takes it down first when nobody reads its answers.
  if (argv[0] !== 'mock-owner') endOnBrokenPipe();
  if (!HANDLE_SIGNALS_THEMSELVES.includes(argv[0] ?? '')) endBySignals();
  try {
    await program.parseAsync(argv as string[], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.validate.couldNotRun;
    if (isMusterError(error)) process.stderr.write(`muster: ${error.message} [${error.code}]\n`);
    else
      process.stderr.write(
        `muster: unexpected: ${error instanceof Error ? error.message : String(error)}; please report it\n`,
      );
    return EXIT_CODES.validate.couldNotRun;
  }
};

const oneLine = (text: string): string =>
  text
    .trim()
    .replace(/^error: /, 'muster: ')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');

/** They have something to finish first. */
const HANDLE_SIGNALS_THEMSELVES = ['agent', 'mock', 'mock-owner'];

/** A signal's default action ends us before the tools that we started: they run in groups of their own. */
const endBySignals = (): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const code = EXIT_CODES.signal[signal];
    process.once(signal, () => {
      leaveStuck(code);
      process.exit(code);
    });
  }
};
